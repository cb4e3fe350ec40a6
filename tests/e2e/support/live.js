// What a page keeps open: functions that run in the page, and note in `window.ended` when it ended. They do not wait for ever.

/** In the page: says something over a WebSocket, and notes when it ends. */
export function talk(words) {
  window.ended = {};
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("no answer over the WebSocket")), 15_000);
    const socket = new WebSocket(`ws://${location.host}/socket`);
    socket.onopen = () => socket.send(words);
    socket.onmessage = (event) => resolve(event.data);
    socket.onclose = (event) => {
      window.ended.socket = Date.now();
      reject(new Error(`closed: ${event.code}`));
    };
  });
}

/** In the page: listens to three events, and notes when they end. */
export function listen() {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`no more than ${heard.length} events`)), 15_000);
    const heard = [];
    const events = new EventSource("/events");
    events.onmessage = (event) => {
      heard.push(event.data);
      if (heard.length === 3) resolve(heard);
    };
    events.onerror = () => {
      window.ended.events = Date.now();
      events.close();
    };
  });
}
