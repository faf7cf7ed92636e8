#include "modules/tasks/push_settings.h"

#include <charconv>

#include "modules/tasks/queues.h"
#include "platform/security/secret_box.h"
#include "platform/storage/database.h"

namespace ashlar::tasks {
namespace {

using storage::Context;

base::Error sealed_with_another_key() {
  return base::fail(base::Code::kInternal, "signing_key_sealed",
                    "the tenant's signing key does not open");
}

std::string notice_of(base::TenantId tenant) { return tenant.to_string() + " "; }

}  // namespace

PushSettings::PushSettings(storage::Database& db, const security::SecretBox& box,
                           const base::Clock& clock, base::Entropy& entropy)
    : db_(db), box_(box), clock_(clock), entropy_(entropy) {
  db.subscribe(std::string(kQueuesChannel), [this](const storage::Database::Notice& notice) {
    forget(notice.resync ? std::string_view() : notice.payload);
  });
}

// Empty: everything. A queue's name is never empty, so an empty one stands for the signing key.
void PushSettings::forget(std::string_view notice) {
  const std::lock_guard lock(mutex_);
  ++changes_;
  const std::size_t space = notice.find(' ');
  std::int64_t tenant = 0;
  if (space == std::string_view::npos ||
      std::from_chars(notice.data(), notice.data() + space, tenant).ec != std::errc{}) {
    signing_.clear();
    limits_.clear();
    return;
  }
  const std::string queue(notice.substr(space + 1));
  if (queue.empty()) {
    signing_.erase(base::TenantId(tenant));
  } else {
    limits_.erase({base::TenantId(tenant), queue});
  }
}

std::string PushSettings::context_of(base::TenantId tenant) const {
  return "tasks signing " + tenant.to_string();
}

base::Result<SigningKeys> PushSettings::read_signing(storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const auto row, store::find_signing(tx));
  SigningKeys found;
  if (!row) return found;
  const std::string context = context_of(tx.context().tenant_id());
  const auto open = [&](const std::string& sealed) -> std::optional<outbound::SigningKey> {
    const auto text = box_.open(sealed, context);
    return text ? outbound::SigningKey::parse(*text) : std::nullopt;
  };
  const auto key = open(row->sealed);
  if (!key) return sealed_with_another_key();
  found.keys.push_back(*key);
  found.created_at = row->created_at;
  if (row->previous && row->previous_until && *row->previous_until > clock_.now()) {
    if (const auto previous = open(*row->previous)) found.keys.push_back(*previous);
    found.previous_until = row->previous_until;
  }
  return found;
}

base::Result<SigningKeys> PushSettings::make_signing(base::TenantId tenant) {
  return db_.write(
      Context::tenant(tenant), [&](storage::Transaction& tx) -> base::Result<SigningKeys> {
        store::SigningRow row;
        row.sealed =
            box_.seal(outbound::SigningKey::make_hmac(entropy_).to_text(), context_of(tenant));
        row.created_at = clock_.now();
        ASHLAR_TRY(store::insert_signing(tx, row));  // or another was faster
        return read_signing(tx);
      });
}

base::Result<SigningKeys> PushSettings::signing(base::TenantId tenant) {
  std::uint64_t changes = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto known = signing_.find(tenant);
    const bool good = known != signing_.end() && (!known->second.previous_until ||
                                                  *known->second.previous_until > clock_.now());
    if (good) return known->second;
    changes = changes_;
  }
  ASHLAR_ASSIGN(SigningKeys keys, db_.read(Context::tenant(tenant), [&](storage::Transaction& tx) {
    return read_signing(tx);
  }));
  if (keys.keys.empty()) {
    ASHLAR_ASSIGN(keys, make_signing(tenant));
  }
  const std::lock_guard lock(mutex_);
  if (changes == changes_) {
    if (signing_.size() >= kMaxKept) signing_.clear();
    signing_[tenant] = keys;
  }
  return keys;
}

base::Result<SigningKeys> PushSettings::rotate(base::TenantId tenant) {
  ASHLAR_TRY(signing(tenant));  // one to rotate
  return db_.write(
      Context::tenant(tenant), [&](storage::Transaction& tx) -> base::Result<SigningKeys> {
        ASHLAR_ASSIGN(const auto row, store::find_signing(tx));
        if (!row) return sealed_with_another_key();
        store::SigningRow next;
        next.sealed =
            box_.seal(outbound::SigningKey::make_hmac(entropy_).to_text(), context_of(tenant));
        next.previous = row->sealed;
        next.created_at = clock_.now();
        next.previous_until = next.created_at + kOverlap;
        ASHLAR_TRY(store::update_signing(tx, next));
        tx.notify(kQueuesChannel, notice_of(tenant));
        return read_signing(tx);
      });
}

base::Result<store::TargetLimits> PushSettings::limits(base::TenantId tenant,
                                                       const std::string& queue) {
  std::uint64_t changes = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto known = limits_.find({tenant, queue});
    if (known != limits_.end()) return known->second;
    changes = changes_;
  }
  ASHLAR_ASSIGN(const auto found, db_.read(Context::tenant(tenant), [&](storage::Transaction& tx) {
    return store::find_target_limits(tx, queue);
  }));
  const store::TargetLimits limits = found.value_or(store::TargetLimits{});
  const std::lock_guard lock(mutex_);
  if (changes == changes_) {
    if (limits_.size() >= kMaxKept) limits_.clear();
    limits_[{tenant, queue}] = limits;
  }
  return limits;
}

}  // namespace ashlar::tasks
