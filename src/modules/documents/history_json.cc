// Schemas of what a document's history answers.
#include "modules/documents/documents_json.h"

namespace ashlar::documents {

const json::Schema<RestoredJson>& restored_schema() {
  static const auto kSchema =
      json::Schema<RestoredJson>("DocumentRestored", "The document reads as it did then.")
          .required(
              "version", &RestoredJson::version,
              {.doc = "Its newest one now, which has the edits that did it.", .example = "312"})
          .required("changed", &RestoredJson::changed,
                    {.doc = "false: it read so already, and nothing was written."});
  return kSchema;
}

const json::Schema<ChangesJson>& changes_schema() {
  static const auto kSchema =
      json::Schema<ChangesJson>("DocumentChanges", "What differs between two versions of a root.")
          .required("from", &ChangesJson::from, {.example = "311"})
          .required("to", &ChangesJson::to, {.example = "312"})
          .required("root", &ChangesJson::root, {.example = "content"})
          .required("changes", &ChangesJson::changes,
                    {.doc = "An array, one entry for each type that differs: path from the root, "
                            "delta of its list, keys that were set or removed.",
                     .example = R"([{"path":[],"delta":[{"retain":6},{"insert":"you"},)"
                                R"({"delete":5,"old":"world"}]}])"})
          .required("truncated", &ChangesJson::truncated,
                    {.doc = "true: there are more changes than one answer holds."});
  return kSchema;
}

namespace {

const json::Schema<AuthoredJson>& authored_schema() {
  static const auto kSchema =
      json::Schema<AuthoredJson>("DocumentAuthored", "What one user brought.")
          .required("path", &AuthoredJson::path,
                    {.doc = "From the root to the type that it is in.", .example = "[0,2]"})
          .required("key", &AuthoredJson::key,
                    {.doc = "The value of this key; null: of the list, what follows."})
          .required("from", &AuthoredJson::from,
                    {.doc = "Where, in UTF-16 code units or elements."})
          .required("length", &AuthoredJson::length)
          .required("user", &AuthoredJson::user,
                    {.doc = "null: the log does not reach back to him."})
          .required("at", &AuthoredJson::at,
                    {.doc = "When, to the minute; null: before what the log has."})
          .required("version", &AuthoredJson::version, {.doc = "The update that brought it."});
  return kSchema;
}

}  // namespace

const json::Schema<AttributionJson>& attribution_schema() {
  static const auto kSchema =
      json::Schema<AttributionJson>("DocumentAttribution", "Who brought what stands in a root.")
          .required("version", &AttributionJson::version, {.example = "312"})
          .required("root", &AttributionJson::root, {.example = "content"})
          .required("ranges", &AttributionJson::ranges, authored_schema(),
                    {.doc = "In the order of the document."})
          .required("truncated", &AttributionJson::truncated,
                    {.doc = "true: there are more ranges than one answer holds."});
  return kSchema;
}

}  // namespace ashlar::documents
