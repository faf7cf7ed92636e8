// The JSON of imports and exports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "modules/links/imports/link_import.h"
#include "platform/json/schema.h"

namespace ashlar::links {

struct CreateImportJson {
  std::string source;
  std::optional<std::string> format;
  std::optional<std::string> domain;
};

struct ImportJson {
  ImportId id;
  std::string source;
  std::string format;
  std::optional<std::string> domain;
  std::string state;
  std::int64_t bytes = 0;
  std::int64_t bytes_done = 0;
  std::int64_t rows = 0;
  std::int64_t created = 0;
  std::int64_t existing = 0;
  std::int64_t refused = 0;
  std::optional<std::string> error;
  base::Time created_at;
  base::Time updated_at;
};
ImportJson json_of(const LinkImport& import);

struct RefusalJson {
  std::int64_t row = 0;
  std::string code;
  std::string url;
  std::string reason;
  std::string detail;
};

const json::Schema<CreateImportJson>& create_import_schema();
const json::Schema<ImportJson>& import_schema();
const json::Schema<json::Page<ImportJson>>& import_page_schema();
const json::Schema<json::Page<RefusalJson>>& refusal_page_schema();

}  // namespace ashlar::links
