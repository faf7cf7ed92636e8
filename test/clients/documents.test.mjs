import { documentsSuite } from "./suites/documents.mjs";

documentsSuite("sqlite");
