// The widget's entry, a classic script: it runs wherever a page, a CMS or a tag manager puts it, early or late.
// All it does is to find out who it is for and to load the rest as modules.
(() => {
  const script = document.currentScript ?? document.querySelector('script[src*="/widget.js"]');
  if (!script?.src) return;
  const { municipality, language } = script.dataset;
  const loading = import(new URL("static/{version}/widget/element.js", script.src).href);

  function add() {
    // A page that places the element itself, or includes the script twice, gets one.
    if (municipality && !document.querySelector("hotline-widget")) {
      const widget = document.createElement("hotline-widget");
      widget.setAttribute("municipality", municipality);
      if (language) widget.setAttribute("language", language);
      document.body.append(widget);
    }
    loading.catch((error) => console.error("Hotline could not be loaded; does the page's policy allow it?", error));
  }
  if (document.body) add();
  else document.addEventListener("DOMContentLoaded", add, { once: true });
})();
