/** Draws the charts of a report in the browser, in the colours of its theme and as wide as there is room. */
export const CHARTS_SCRIPT = `
'use strict';
(() => {
  const charts = JSON.parse(document.getElementById('charts').textContent);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const digits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });
  const shown = (unit) => (_plot, value) => (value === null || value === undefined ? '–' : digits.format(value) + ' ' + unit);
  const HEIGHT = 240;

  const draw = (element) => {
    const chart = charts[Number(element.dataset.chart)];
    const log = chart.logarithmic || [];
    const units = [...new Set(chart.series.map((series) => series.unit))];
    const [ink, line] = [color('--soft'), color('--line')];
    const colors = color('--series').split(',').map((each) => each.trim());
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: '12px system-ui' };
    const powers = (_plot, splits) => splits.map((value) => (Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9 ? value : null));
    const lined = (name) => (log.includes(name) ? { filter: powers } : {});
    const ticks = (_plot, splits) => splits.map((value) => (value === null ? '' : digits.format(value)));
    const y = { distr: log.includes('y') ? 3 : 1 };
    // From zero on, and never without height.
    if (!log.includes('y')) y.range = (_plot, min, max) => [Math.min(0, min), max > 0 ? max * 1.08 : 1];
    const plot = new uPlot({
      width: element.clientWidth,
      height: HEIGHT,
      scales: {
        x: { time: chart.isTime === true, distr: log.includes('x') ? 3 : 1 },
        ...Object.fromEntries(units.map((unit) => ['y:' + unit, y])),
      },
      series: [
        { label: chart.xLabel, ...(chart.isTime === true ? {} : { value: (_plot, value) => (value === null ? '–' : digits.format(value)) }) },
        ...chart.series.map((series, index) => ({
          label: series.label,
          scale: 'y:' + series.unit,
          stroke: colors[index % colors.length],
          width: 2,
          dash: index >= colors.length ? [6, 4] : undefined,
          points: { show: chart.x.length < 3 },
          value: shown(series.unit),
        })),
      ],
      axes: [
        { ...axis, grid: { ...axis.grid, ...lined('x') }, ticks: { ...axis.ticks, ...lined('x') }, label: chart.xLabel, labelFont: '12px system-ui', labelSize: 18, size: chart.isTime === true ? 48 : 34, ...(chart.isTime === true ? {} : { values: ticks }) },
        ...units.map((unit, index) => ({
          ...axis,
          scale: 'y:' + unit,
          side: index === 0 ? 3 : 1,
          grid: { ...axis.grid, show: index === 0, ...lined('y') },
          ticks: { ...axis.ticks, ...lined('y') },
          label: unit,
          labelFont: '12px system-ui',
          labelSize: 20,
          size: 56,
          values: ticks,
        })),
      ],
      cursor: { drag: { x: false, y: false } },
    }, [chart.x, ...chart.series.map((series) => series.values)], element);
    return plot;
  };

  for (const element of document.querySelectorAll('[data-chart]')) {
    element.textContent = '';
    let plot = draw(element);
    dark.addEventListener('change', () => {
      plot.destroy();
      plot = draw(element);
    });
    new ResizeObserver(() => {
      if (plot.width !== element.clientWidth) plot.setSize({ width: element.clientWidth, height: HEIGHT });
    }).observe(element);
  }
})();
`;
