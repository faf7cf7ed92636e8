#include "modules/links/imports/imports_json.h"

namespace ashlar::links {

ImportJson json_of(const LinkImport& import) {
  ImportJson json;
  json.id = import.id;
  json.source = name_of(import.source);
  json.format = name_of(import.format);
  if (!import.domain.empty()) json.domain = import.domain;
  json.state = name_of(import.state);
  json.bytes = import.bytes;
  json.bytes_done = import.bytes_done;
  json.rows = import.rows_done;
  json.created = import.created;
  json.existing = import.existing;
  json.refused = import.refused;
  if (!import.error.empty()) json.error = import.error;
  json.created_at = import.created_at;
  json.updated_at = import.updated_at;
  return json;
}

const json::Schema<CreateImportJson>& create_import_schema() {
  static const auto kSchema =
      json::Schema<CreateImportJson>("CreateLinkImport", "A file that is to become links.")
          .required("source", &CreateImportJson::source,
                    {.doc = "Whose file it is; jsonl: one of GET /v1/link-export.",
                     .one_of = {"jsonl", "shlink", "kutt", "yourls", "bitly"}})
          .optional("format", &CreateImportJson::format,
                    {.doc = "Without it: jsonl of jsonl, else csv. json: an array of objects, or a "
                            "document that holds one.",
                     .one_of = {"csv", "jsonl", "json"}})
          .optional("domain", &CreateImportJson::domain,
                    {.doc = "The host of a domain of yours, for all rows. Without it each row goes "
                            "to its own where that is yours, else to the installation's."});
  return kSchema;
}

const json::Schema<ImportJson>& import_schema() {
  static const auto kSchema =
      json::Schema<ImportJson>("LinkImport", "A file on its way to become links.")
          .required("id", &ImportJson::id)
          .required("source", &ImportJson::source)
          .required("format", &ImportJson::format)
          .required("domain", &ImportJson::domain)
          .required("state", &ImportJson::state,
                    {.doc = "open: takes parts; running; done, failed or cancelled.",
                     .one_of = {"open", "running", "done", "failed", "cancelled"}})
          .required("bytes", &ImportJson::bytes, {.doc = "Of the file so far."})
          .required("bytes_done", &ImportJson::bytes_done, {.doc = "Of them."})
          .required("rows", &ImportJson::rows, {.doc = "That have been read."})
          .required("created", &ImportJson::created, {.doc = "Rows that became links."})
          .required("existing", &ImportJson::existing,
                    {.doc = "Rows whose code you had already, with the same target."})
          .required("refused", &ImportJson::refused, {.doc = "Rows that stand in the report."})
          .required("error", &ImportJson::error, {.doc = "Of failed: why it did not go on."})
          .required("created_at", &ImportJson::created_at)
          .required("updated_at", &ImportJson::updated_at);
  return kSchema;
}

const json::Schema<json::Page<ImportJson>>& import_page_schema() {
  static const auto kSchema = json::page_schema(import_schema());
  return kSchema;
}

const json::Schema<json::Page<RefusalJson>>& refusal_page_schema() {
  static const auto kItem =
      json::Schema<RefusalJson>("LinkImportRefusal", "A row that became no link.")
          .required("row", &RefusalJson::row, {.doc = "From 1; a header is none."})
          .required("code", &RefusalJson::code, {.doc = "As the file has it; empty: generated."})
          .required("url", &RefusalJson::url,
                    {.doc = "As the file has it; of a row that could not be read, its beginning."})
          .required("reason", &RefusalJson::reason,
                    {.doc = "That of POST /v1/links, or one of docs/link-imports.md."})
          .required("detail", &RefusalJson::detail);
  static const auto kSchema = json::page_schema(kItem);
  return kSchema;
}

}  // namespace ashlar::links
