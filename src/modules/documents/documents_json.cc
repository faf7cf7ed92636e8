#include "modules/documents/documents_json.h"

#include "modules/documents/document_host.h"
#include "modules/documents/document_token.h"

namespace ashlar::documents {
namespace {

const json::Choices kAccesses{"read", "comment", "write"};
const json::Choices kGrants{"none", "read", "comment", "write"};
const json::Choices kOps{"insert_text",   "append_text", "format_text", "delete",
                         "insert_values", "set_key",     "remove_key"};
constexpr std::int64_t kMaxEdits = 1'000;
constexpr std::int64_t kMaxText = 1'000'000;
constexpr std::int64_t kMaxIndex = std::int64_t{1} << 40;

}  // namespace

const json::Schema<NewDocumentJson>& new_document_schema() {
  static const auto kSchema =
      json::Schema<NewDocumentJson>("CreateDocument", "A document, empty for now.")
          .required("name", &NewDocumentJson::name,
                    {.doc = "Unique within the tenant; 255 bytes at most.",
                     .min_length = 1,
                     .max_length = static_cast<std::int64_t>(kMaxNameBytes),
                     .example = "minutes-2026-11-22"});
  return kSchema;
}

const json::Schema<DocumentJson>& document_schema() {
  static const auto kSchema =
      json::Schema<DocumentJson>("Document", "A document that many write at once.")
          .required("name", &DocumentJson::name, {.example = "minutes-2026-11-22"})
          .required("epoch", &DocumentJson::epoch,
                    {.doc = "Another one, where a document was deleted and made again under the "
                            "same name.",
                     .example = "17"})
          .required("created_at", &DocumentJson::created_at)
          .required("created_by", &DocumentJson::created_by, {.example = "key:42"})
          .required("updated_at", &DocumentJson::updated_at)
          .required("updated_by", &DocumentJson::updated_by, {.example = "alice"})
          .required("updates", &DocumentJson::updates, {.doc = "Taken so far."})
          .required("bytes", &DocumentJson::bytes,
                    {.doc = "Of the last snapshot and the log behind it."})
          .required("stored_bytes", &DocumentJson::stored_bytes,
                    {.doc = "Of its whole past that is kept, log and snapshots."})
          .required("sessions", &DocumentJson::sessions,
                    {.doc = "Who has it open on this instance."});
  return kSchema;
}

const json::Schema<json::Page<DocumentJson>>& document_page_schema() {
  static const auto kSchema = json::page_schema(document_schema());
  return kSchema;
}

const json::Schema<WrittenJson>& written_schema() {
  static const auto kSchema =
      json::Schema<WrittenJson>("DocumentWritten", "What was sent is durable.")
          .required("updates", &WrittenJson::updates, {.doc = "Taken so far."});
  return kSchema;
}

namespace {

const json::Schema<EditJson>& edit_schema() {
  static const auto kSchema =
      json::Schema<EditJson>("DocumentEdit", "One change of one root.")
          .required("op", &EditJson::op, {.doc = "What to do.", .one_of = kOps})
          .required("root", &EditJson::root,
                    {.doc = "The name of the type at the top, as in doc.getText(name).",
                     .max_length = 255,
                     .example = "content"})
          .optional("index", &EditJson::index,
                    {.doc = "Where, in UTF-16 code units or elements.", .min = 0, .max = kMaxIndex})
          .optional("length", &EditJson::length,
                    {.doc = "How many, of delete and format_text.", .min = 1, .max = kMaxIndex})
          .optional("text", &EditJson::text,
                    {.doc = "Of insert_text and append_text.", .max_length = kMaxText})
          .optional("key", &EditJson::key,
                    {.doc = "Of set_key and remove_key.", .max_length = 1'000})
          .optional("value", &EditJson::value,
                    {.doc = "Of set_key; of insert_values an array.", .example = "\"draft\""})
          .optional("attributes", &EditJson::attributes,
                    {.doc = "Formats, of insert_text and format_text: an object.",
                     .example = R"({"bold":true})"});
  return kSchema;
}

}  // namespace

const json::Schema<EditsJson>& edits_schema() {
  static const auto kSchema =
      json::Schema<EditsJson>("DocumentEdits", "Changes that are made one after another.")
          .required("edits", &EditsJson::edits, edit_schema(),
                    {.min_items = 1, .max_items = kMaxEdits});
  return kSchema;
}

const json::Schema<NewTokenJson>& new_token_schema() {
  static const auto kSchema =
      json::Schema<NewTokenJson>("CreateDocumentToken", "For whom, and what he may do.")
          .optional("access", &NewTokenJson::access, {.one_of = kAccesses})
          .optional("ttl_s", &NewTokenJson::ttl_s,
                    {.doc = "How long it is good for.", .min = 1, .max = kLongestToken.count()})
          .optional("user", &NewTokenJson::user,
                    {.doc = "Who he is, for grants and history. Without it one is made up.",
                     .min_length = 1,
                     .max_length = static_cast<std::int64_t>(kMaxUserBytes / 4),
                     .example = "alice"})
          .optional("name", &NewTokenJson::name,
                    {.doc = "What others see.",
                     .max_length = static_cast<std::int64_t>(kMaxUserBytes / 4),
                     .example = "Alice"})
          .optional("info", &NewTokenJson::info,
                    {.doc = "An object that others see with it: a colour, a picture.",
                     .example = R"({"color":"#3b82f6"})"});
  return kSchema;
}

const json::Schema<TokenJson>& token_schema() {
  static const auto kSchema =
      json::Schema<TokenJson>("DocumentToken", "What opens one document for a while.")
          .required("token", &TokenJson::token, {.doc = "Shown once.", .example = "dt_AfT3…"})
          .required("id", &TokenJson::id, {.doc = "To revoke it by.", .example = "4711"})
          .required("access", &TokenJson::access, {.one_of = kAccesses})
          .required("user", &TokenJson::user, {.example = "alice"})
          .required("expires_at", &TokenJson::expires_at);
  return kSchema;
}

namespace {

const json::Schema<SessionJson>& session_schema() {
  static const auto kSchema =
      json::Schema<SessionJson>("DocumentSession", "Somebody who has the document open.")
          .required("id", &SessionJson::id,
                    {.doc = "To show him out by.", .example = "6917529027641081857.12"})
          .required("instance", &SessionJson::instance,
                    {.doc = "Where he is connected.", .example = "6917529027641081857"})
          .required("user", &SessionJson::user, {.example = "alice"})
          .required("name", &SessionJson::name, {.example = "Alice"})
          .required("access", &SessionJson::access, {.one_of = kAccesses})
          .required("wire", &SessionJson::wire, {.example = "y-websocket"})
          .required("connected_at", &SessionJson::connected_at);
  return kSchema;
}

}  // namespace

const json::Schema<SessionsJson>& sessions_schema() {
  static const auto kSchema =
      json::Schema<SessionsJson>("DocumentSessions", "Who has the document open.")
          .required("data", &SessionsJson::data, session_schema(), {})
          .required("instances", &SessionsJson::instances,
                    {.doc = "Those whose sessions are in data, first the one that answers."})
          .required("missing", &SessionsJson::missing,
                    {.doc = "Instances that have not answered: their sessions are not all here."})
          .required("truncated", &SessionsJson::truncated,
                    {.doc = "An instance has more sessions than it could tell of."});
  return kSchema;
}

const json::Schema<GrantJson>& grant_schema() {
  static const auto kSchema =
      json::Schema<GrantJson>("DocumentGrant", "What somebody may do at most.")
          .required("subject", &GrantJson::subject,
                    {.doc = "A user, \"key:ID\", or * for all who have none.", .example = "alice"})
          .required("access", &GrantJson::access, {.one_of = kGrants})
          .required("at", &GrantJson::at);
  return kSchema;
}

const json::Schema<GrantsJson>& grants_schema() {
  static const auto kSchema = json::Schema<GrantsJson>("DocumentGrants", "All of a document.")
                                  .required("data", &GrantsJson::data, grant_schema(), {});
  return kSchema;
}

const json::Schema<PutGrantJson>& put_grant_schema() {
  static const auto kSchema =
      json::Schema<PutGrantJson>("PutDocumentGrant", "What he may do at most.")
          .required("access", &PutGrantJson::access, {.one_of = kGrants});
  return kSchema;
}

const json::Schema<NewVersionJson>& new_version_schema() {
  static const auto kSchema =
      json::Schema<NewVersionJson>("CreateDocumentVersion", "A name for the present state.")
          .required("label", &NewVersionJson::label,
                    {.min_length = 1, .max_length = 200, .example = "Sent to the board"});
  return kSchema;
}

const json::Schema<VersionJson>& version_schema() {
  static const auto kSchema =
      json::Schema<VersionJson>("DocumentVersion", "The document as it was at a moment.")
          .required("id", &VersionJson::id,
                    {.doc = "The number of its last update.", .example = "311"})
          .required("at", &VersionJson::at)
          .required("label", &VersionJson::label, {.doc = "null: nobody gave it a name."})
          .required("users", &VersionJson::users, {.doc = "Who wrote since the version before."})
          .required("updates", &VersionJson::updates, {.doc = "How many, since then."});
  return kSchema;
}

const json::Schema<json::Page<VersionJson>>& version_page_schema() {
  static const auto kSchema = json::page_schema(version_schema());
  return kSchema;
}

}  // namespace ashlar::documents
