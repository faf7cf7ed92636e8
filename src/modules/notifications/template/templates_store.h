// TemplatesStore: every line of SQL about templates and their versions.
//
// A deleted template's row stays, so that a later one of the same key goes on counting; its
// versions stay for a while, for what was accepted with them (sweep_templates).
//
// Functions run in the caller's transaction, for its tenant. Stateless: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications {

struct TemplateRow {
  std::string key;
  std::string description;
  std::int64_t live_version = 0;  // 0: none
  std::int64_t latest_version = 0;
  std::int64_t revision = 0;
  bool deleted = false;
  base::Time created_at{}, updated_at{};
};

struct TemplateVersion {
  std::string key;
  std::int64_t version = 0;
  std::string content;
  base::Time created_at{};
};

namespace store {

// Deleted ones too.
base::Result<std::optional<TemplateRow>> find_template(storage::Transaction& tx,
                                                       std::string_view key);
// There or not yet. Its revision becomes one higher and is answered.
base::Result<std::int64_t> put_template(storage::Transaction& tx, const TemplateRow& row,
                                        base::Time now);
base::Result<bool> delete_template(storage::Transaction& tx, std::string_view key, base::Time now);
base::Result<std::int64_t> count_templates(storage::Transaction& tx);
// By key, those after `after`.
base::Result<std::vector<TemplateRow>> list_templates(storage::Transaction& tx,
                                                      std::string_view after, std::int64_t limit);

base::Result<std::optional<TemplateVersion>> find_template_version(storage::Transaction& tx,
                                                                   std::string_view key,
                                                                   std::int64_t version);
base::Status add_template_version(storage::Transaction& tx, const TemplateVersion& version);
// The newest first, those before `before`; without their contents.
base::Result<std::vector<TemplateVersion>> list_template_versions(storage::Transaction& tx,
                                                                  std::string_view key,
                                                                  std::int64_t before,
                                                                  std::int64_t limit);
// All before `before` but `live`.
base::Status drop_old_versions(storage::Transaction& tx, std::string_view key, std::int64_t before,
                               std::int64_t live);

// Versions with their contents and then templates, deleted ones too; up to `limit` rows.
base::Result<std::vector<TemplateVersion>> export_versions(storage::Transaction& tx,
                                                           std::string_view after_key,
                                                           std::int64_t after_version,
                                                           std::int64_t limit);
base::Result<std::int64_t> erase_templates(storage::Transaction& tx, std::int64_t limit);
// Of all tenants: versions of templates that were deleted before `before`.
base::Result<std::int64_t> sweep_templates(storage::Transaction& tx, base::Time before,
                                           std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> template_statements();

}  // namespace store
}  // namespace ashlar::notifications
