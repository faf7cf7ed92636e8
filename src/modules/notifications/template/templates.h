// Templates: a tenant's templates: put, publish, and what planning and sending ask of them.
//
//   put ──> version n (never changes) ──publish──> live      a later put, or publish of an older
//                                                            version, makes that one live
//
// Promises
//  1. A version's number means one content for ever, also after its template was deleted and made
//     anew: what was accepted says what it said then.
//  2. Of a template the newest kMaxVersions are kept, and the live one. Of a deleted one, those
//  that
//     were kept stay readable to what was accepted for a while (store::sweep_templates).
//  3. Compiled versions are kept in memory, up to kMaxCachedBytes of contents, over all tenants.
//     They never have to be dropped for a change, as there is none (1).
//
// Any thread. Functions with a transaction run in the caller's, for its tenant.
//
// Errors: kNotFound template_not_found, template_version_not_found; kInvalid template_invalid (the
// texts' pointers), invalid_request (data: their pointers); kConflict too_many_templates.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/strong_id.h"
#include "modules/notifications/message_renderer.h"
#include "modules/notifications/notifications.h"
#include "modules/notifications/template/locale_formats.h"
#include "modules/notifications/template/notification_template.h"
#include "modules/notifications/template/templates_store.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage
namespace ashlar::zone {
class ZoneDirectory;
}

namespace ashlar::notifications {

class Templates final : public TemplateDoor, public TemplateRenderer {
 public:
  static constexpr std::int64_t kMaxTemplates = 1'000;  // of a tenant
  static constexpr std::int64_t kMaxVersions = 100;
  static constexpr std::size_t kMaxCachedBytes = 32 * 1024 * 1024;

  using Compiled = std::shared_ptr<const NotificationTemplate>;

  // All outlive it.
  Templates(storage::Database& database, zone::ZoneDirectory& zones, const base::Clock& clock)
      : db_(database), zones_(zones), clock_(clock) {}

  // `kept` as find_template() gave it. The content of the latest version again makes no new one.
  base::Result<TemplateRow> put(storage::Transaction& tx, std::string_view key,
                                const std::optional<TemplateRow>& kept,
                                const std::string& description, const std::string& content,
                                bool publish);
  base::Result<TemplateRow> publish(storage::Transaction& tx, TemplateRow row,
                                    std::int64_t version);
  // Those that are not deleted.
  static base::Result<TemplateRow> existing(storage::Transaction& tx, std::string_view key);

  base::Result<Compiled> compiled(storage::Transaction& tx, std::string_view key,
                                  std::int64_t version);
  // One that is not kept: a draft.
  base::Result<Compiled> compile(const json::Value& content);

  // TemplateDoor
  base::Result<std::uint8_t> channels_of(storage::Transaction& tx, std::string_view key,
                                         std::int64_t version) override;
  base::Result<std::int64_t> accept(storage::Transaction& tx, std::string_view key,
                                    std::string_view data) override;
  // TemplateRenderer: in the reader's language and zone.
  base::Result<Rendered> render(const Notification& notification,
                                const Delivery& delivery) override;

 private:
  struct Cached {
    Compiled compiled;
    std::size_t bytes = 0;
  };
  Compiled cached(const std::string& name);
  void keep(const std::string& name, const Compiled& compiled, std::size_t bytes);

  storage::Database& db_;
  zone::ZoneDirectory& zones_;
  const base::Clock& clock_;
  FormatCache formats_;
  std::mutex mutex_;
  std::unordered_map<std::string, Cached> cache_;  // guarded by mutex_
  std::size_t cached_bytes_ = 0;                   // guarded by mutex_
};

}  // namespace ashlar::notifications
