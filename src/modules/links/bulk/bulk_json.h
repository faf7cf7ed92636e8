// The JSON of what is done to many links in one request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/links_json.h"
#include "platform/http/problem_schema.h"
#include "platform/json/schema.h"

namespace ashlar::links {

inline constexpr std::size_t kMaxBulkLinks = 1'000;
inline constexpr std::size_t kMaxBulkBytes = 4U * 1024 * 1024;  // of the body

// Why one of many was refused; as the problem of a request that is about it alone.
struct ItemProblemJson {
  std::string reason;
  std::string detail;
  std::vector<http::ProblemField> errors;
};
ItemProblemJson problem_json_of(const base::Error& error);

struct BulkCreateJson {
  std::vector<CreateLinkJson> links;
};
struct BulkCreatedItemJson {
  std::int64_t index = 0;
  std::string outcome;  // created, found, refused
  std::optional<LinkJson> link;
  std::optional<ItemProblemJson> problem;
};
struct BulkCreatedJson {
  std::int64_t created = 0;
  std::int64_t found = 0;
  std::int64_t refused = 0;
  std::vector<BulkCreatedItemJson> results;
};

struct BulkFilterJson {
  std::optional<std::string> q;
  std::optional<bool> enabled;
  std::optional<bool> archived;
  std::optional<std::string> owner;
  std::optional<std::string> tag;
  std::optional<std::string> domain;
};
struct BulkSetJson {
  json::Patch<bool> enabled;
  json::Patch<bool> archived;
  json::Patch<std::optional<std::string>> owner;
  json::Patch<std::optional<base::Time>> expires_at;
  std::vector<std::string> tags_add;
  std::vector<std::string> tags_remove;

  [[nodiscard]] bool empty() const {
    return !enabled && !archived && !owner && !expires_at && tags_add.empty() &&
           tags_remove.empty();
  }
};
struct BulkUpdateJson {
  std::optional<std::vector<std::string>> codes;
  std::optional<std::string> domain;
  std::optional<BulkFilterJson> filter;
  std::int64_t limit = kMaxBulkLinks;
  std::optional<std::string> cursor;
  BulkSetJson set;
};
struct BulkUpdatedItemJson {
  std::string code;
  std::optional<std::string> domain;
  std::string outcome;  // changed, unchanged, refused
  std::optional<ItemProblemJson> problem;
};
struct BulkUpdatedJson {
  std::int64_t changed = 0;
  std::int64_t unchanged = 0;
  std::int64_t refused = 0;
  std::vector<BulkUpdatedItemJson> results;
  std::optional<std::string> next_cursor;
};

const json::Schema<BulkCreateJson>& bulk_create_schema();
const json::Schema<BulkCreatedJson>& bulk_created_schema();
const json::Schema<BulkUpdateJson>& bulk_update_schema();
const json::Schema<BulkUpdatedJson>& bulk_updated_schema();

// The body of a bulk creation, item by item: what is wrong with one is that one's own.
base::Result<std::vector<base::Result<CreateLinkJson>>> parse_bulk_create(std::string_view body);
// kInvalid invalid_request: neither or both of codes and filter, nothing to set, and the schema's.
base::Result<BulkUpdateJson> parse_bulk_update(std::string_view body);

}  // namespace ashlar::links
