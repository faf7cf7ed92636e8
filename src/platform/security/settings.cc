#include "platform/security/settings.h"

#include "platform/security/digest.h"
#include "platform/security/settings_store.h"
#include "platform/storage/database.h"

namespace ashlar::security {
namespace {

storage::Context settings_context() {
  return storage::Context::platform(storage::PlatformUse::kSettings);
}

}  // namespace

base::Result<std::optional<std::string>> Settings::get(std::string_view name) {
  return db_.read(settings_context(),
                  [&](storage::Transaction& tx) { return find_setting(tx, name); });
}

base::Status Settings::put(std::string_view name, std::string_view value) {
  return db_.write(settings_context(),
                   [&](storage::Transaction& tx) { return put_setting(tx, name, value); });
}

base::Result<std::string> Settings::get_or_create_secret(std::string_view name, std::size_t bytes) {
  // A secret made in vain is thrown away: what the first writer stored is what everybody reads
  // back.
  const std::string fresh = random_bytes(entropy_, bytes);
  auto stored =
      db_.write(settings_context(),
                [&](storage::Transaction& tx) -> base::Result<std::optional<std::string>> {
                  ASHLAR_TRY(put_setting_once(tx, name, fresh));
                  return find_setting(tx, name);
                });
  ASHLAR_TRY(stored);
  if (!stored->has_value() || (*stored)->size() != bytes) {
    return base::fail(base::Code::kInternal, "setting_damaged",
                      "the stored secret " + std::string(name) + " does not have its length");
  }
  return **std::move(stored);
}

}  // namespace ashlar::security
