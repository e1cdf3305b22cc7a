/** On pages where choices are said without script: other tabs look again, at once. */
import { tellOthers } from "./everywhere.js";

tellOthers();
