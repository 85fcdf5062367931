/**
 * Refines the page where scripts run. A page that the back button brings back from memory is loaded anew, since the
 * session may have changed or ended; the time is shown in the visitor's own zone.
 */
export const SCRIPT = `
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
for (const time of document.querySelectorAll('time')) {
  const style = time.closest('li') ? { dateStyle: 'long', timeStyle: 'short' } : { dateStyle: 'full', timeStyle: 'long' };
  time.textContent = new Date(time.dateTime).toLocaleString('en-GB', style);
}
`;
