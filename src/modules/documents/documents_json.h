// The JSON of documents: what the API takes and gives, declared once for parsing, rendering and
// OpenAPI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/json/schema.h"

namespace ashlar::documents {

struct NewDocumentJson {
  std::string name;
};
struct DocumentJson {
  std::string name;
  std::string epoch;
  base::Time created_at;
  std::string created_by;
  base::Time updated_at;
  std::string updated_by;
  std::int64_t updates = 0;
  std::int64_t bytes = 0;
  std::int64_t stored_bytes = 0;
  std::int64_t sessions = 0;
};
struct WrittenJson {
  std::int64_t updates = 0;
};
struct EditJson {
  std::string op;
  std::string root;
  std::optional<std::int64_t> index;
  std::optional<std::int64_t> length;
  std::optional<std::string> text;
  std::optional<std::string> key;
  std::optional<json::AnyJson> value;
  std::optional<json::AnyJson> attributes;
};
struct EditsJson {
  std::vector<EditJson> edits;
};
struct NewTokenJson {
  std::string access = "read";
  std::int64_t ttl_s = 3600;
  std::optional<std::string> user;
  std::optional<std::string> name;
  std::optional<json::AnyJson> info;
};
struct TokenJson {
  std::string token;
  std::string id;
  std::string access;
  std::string user;
  base::Time expires_at;
};
struct SessionJson {
  std::string id;
  std::string instance;
  std::string user;
  std::string name;
  std::string access;
  std::string wire;
  base::Time connected_at;
};
struct SessionsJson {
  std::vector<SessionJson> data;
  std::vector<std::string> instances;
  std::vector<std::string> missing;
  bool truncated = false;
};
struct GrantJson {
  std::string subject;
  std::string access;
  base::Time at;
};
struct GrantsJson {
  std::vector<GrantJson> data;
};
struct PutGrantJson {
  std::string access;
};
struct NewVersionJson {
  std::string label;
};
struct VersionJson {
  std::string id;
  base::Time at;
  std::optional<std::string> label;
  std::vector<std::string> users;
  std::int64_t updates = 0;
};

struct RestoredJson {
  std::string version;
  bool changed = false;
};
struct ChangesJson {
  std::string from;
  std::string to;
  std::string root;
  json::AnyJson changes;
  bool truncated = false;
};
struct AuthoredJson {
  json::AnyJson path;
  std::optional<std::string> key;
  std::int64_t from = 0;
  std::int64_t length = 0;
  std::optional<std::string> user;
  std::optional<base::Time> at;
  std::optional<std::string> version;
};
struct AttributionJson {
  std::string version;
  std::string root;
  std::vector<AuthoredJson> ranges;
  bool truncated = false;
};

const json::Schema<NewDocumentJson>& new_document_schema();
const json::Schema<DocumentJson>& document_schema();
const json::Schema<json::Page<DocumentJson>>& document_page_schema();
const json::Schema<WrittenJson>& written_schema();
const json::Schema<EditsJson>& edits_schema();
const json::Schema<NewTokenJson>& new_token_schema();
const json::Schema<TokenJson>& token_schema();
const json::Schema<SessionsJson>& sessions_schema();
const json::Schema<GrantJson>& grant_schema();
const json::Schema<GrantsJson>& grants_schema();
const json::Schema<PutGrantJson>& put_grant_schema();
const json::Schema<NewVersionJson>& new_version_schema();
const json::Schema<VersionJson>& version_schema();
const json::Schema<json::Page<VersionJson>>& version_page_schema();
const json::Schema<RestoredJson>& restored_schema();
const json::Schema<ChangesJson>& changes_schema();
const json::Schema<AttributionJson>& attribution_schema();

}  // namespace ashlar::documents
