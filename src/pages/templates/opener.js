"use strict";
const told=document.getElementById("told");
if(window.opener)window.opener.postMessage(JSON.parse(told.dataset.message),told.dataset.origin);
if(window.opener||"alone" in told.dataset)window.close();
