// The sample application's own script: a live stream and a WebSocket, both through Doorward.
"use strict";

const tick = document.getElementById("tick");
const stream = document.getElementById("stream");
const events = new EventSource("/events");
events.addEventListener("open", () => { stream.textContent = "open"; stream.className = "tag good"; });
events.addEventListener("tick", (event) => { tick.textContent = event.data; });
events.addEventListener("error", () => { stream.textContent = "cut"; stream.className = "tag bad"; });

const state = document.getElementById("socket");
const heard = document.getElementById("heard");
const form = document.getElementById("talk");
const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/socket");
socket.addEventListener("open", () => { state.textContent = "open"; state.className = "tag good"; });
socket.addEventListener("message", (event) => { heard.textContent = event.data; });
socket.addEventListener("close", () => { state.textContent = "cut"; state.className = "tag bad"; });
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (socket.readyState === WebSocket.OPEN) socket.send(form.elements.words.value);
});
