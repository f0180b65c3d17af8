// Sends the answer on by itself; without JavaScript the button does.
document.getElementById("form-post").submit();
