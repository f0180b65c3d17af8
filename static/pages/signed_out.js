// Goes on when all applications have been told, or after three seconds; without JavaScript the page or the link does.
const goOn = () => location.replace(document.getElementById("continue").href);
const patience = setTimeout(goOn, 3000);
addEventListener("load", () => {
  clearTimeout(patience);
  goOn();
});
