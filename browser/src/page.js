/**
 * What a page that Avow does not serve loads, in one file: as many of these parts as the policy needs on its website.
 *
 *   <script src="/avow/page.js" data-parts="tag choices forms" data-points="..." defer></script>      as `avow tag` prints it
 *
 * Each part is the script that there is for it alone, and reads the attributes of this element. What comes after a yes (the
 * recorder, other companies' scripts) is loaded then.
 */
const parts = (document.currentScript?.dataset.parts ?? "").split(" ");

if (parts.includes("tag")) require("./tag.js");
if (parts.includes("preferences")) require("./preferences.js");
if (parts.includes("choices")) require("./choices.js");
if (parts.includes("recorder")) require("./replay.js");
if (parts.includes("forms")) require("./form.js");
