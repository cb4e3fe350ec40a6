"use strict";
const said=document.getElementById("copied");
for(const button of document.querySelectorAll("button[data-copy]")){
const field=document.getElementById(button.dataset.copy);
button.hidden=false;
button.addEventListener("click",async function(){
field.select();
said.textContent="";
try{
await navigator.clipboard.writeText(field.value);
said.textContent=button.dataset.done;
}catch{
field.focus();
}
});
}
