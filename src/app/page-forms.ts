import { html } from 'hono/html';
import type { Html, View } from './page-view.ts';

/** What the session holds, with a way to remove each. */
export function storedData({ basePath, data }: View): Html {
  const entries = Object.entries(data);
  return html`<section aria-labelledby="stored">
    <h2 id="stored">Stored in your session</h2>
    ${
      entries.length === 0
        ? html`<p class="empty">Nothing is stored yet.</p>`
        : html`<ul class="stored">
            ${entries.map(
              ([key, value], index) =>
                html`<li>
                  <span class="key" id="key-${index}">${key}</span>
                  <code>${JSON.stringify(value)}</code>
                  <form method="post" action="${basePath}/session/data/delete">
                    ${keyField(key)}
                    <button class="quiet" id="remove-${index}" aria-labelledby="remove-${index} key-${index}">
                      Remove
                    </button>
                  </form>
                </li>`,
            )}
          </ul>`
    }
  </section>`;
}

/** Browsers change line ends and zero bytes in what a form sends, so keys that have them are sent encoded. */
function keyField(key: string): Html {
  return /[\0\r\n]/.test(key)
    ? html`<input type="hidden" name="encodedKey" value="${encodeURIComponent(key)}" />`
    : html`<input type="hidden" name="key" value="${key}" />`;
}

/** The forms; without the demonstration only the one that counts visits. */
export function actions(view: View): Html {
  const { basePath, demo, data } = view;
  if (!demo) return html`<div class="actions">${visitForm(basePath)}</div>`;
  return html`<div class="actions">
    <section class="double" aria-labelledby="store">
      <h2 id="store">Store a value</h2>
      <form method="post" action="${basePath}/session/data">
        <div class="fields">
          <label>Key <input name="key" required maxlength="200" autocomplete="off" /></label>
          <label>Value <input name="value" autocomplete="off" /></label>
        </div>
        <button>Store</button>
      </form>
    </section>
    ${visitForm(basePath)}
    <section aria-labelledby="flash">
      <h2 id="flash">Leave a message</h2>
      <p>It is shown once, on the next page.</p>
      <form method="post" action="${basePath}/session/flash">
        <label>Message <input name="message" required maxlength="1000" autocomplete="off" /></label>
        <button>Leave</button>
      </form>
    </section>
    ${typeof data['user'] === 'string' ? logoutForm(basePath, data['user']) : loginForm(basePath)}
    <section aria-labelledby="session">
      <h2 id="session">The session itself</h2>
      <p>A new ticket for the same things, or everything thrown away.</p>
      <div class="row">
        <form method="post" action="${basePath}/session/regenerate"><button>New id</button></form>
        <form method="post" action="${basePath}/session/destroy"><button class="danger">Destroy</button></form>
      </div>
    </section>
  </div>`;
}

function visitForm(basePath: string): Html {
  return html`<section aria-labelledby="visits">
    <h2 id="visits">Count a visit</h2>
    <p>No visit is lost, however many arrive at once.</p>
    <form method="post" action="${basePath}/session/visits"><button>Count</button></form>
  </section>`;
}

function loginForm(basePath: string): Html {
  return html`<section aria-labelledby="login">
    <h2 id="login">Log in</h2>
    <p>Any name will do; there is no password.</p>
    <form method="post" action="${basePath}/login">
      <label>Name <input name="user" required maxlength="200" autocomplete="username" /></label>
      <button>Log in</button>
    </form>
  </section>`;
}

function logoutForm(basePath: string, user: string): Html {
  return html`<section aria-labelledby="logout">
    <h2 id="logout">Log out</h2>
    <p>You are logged in as <strong>${user}</strong>. See <a href="${basePath}/sessions">your sessions</a>.</p>
    <form method="post" action="${basePath}/logout"><button>Log out</button></form>
  </section>`;
}
