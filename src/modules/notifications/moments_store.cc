#include "modules/notifications/moments_store.h"

#include <array>
#include <string>

#include "platform/storage/database.h"

namespace ashlar::notifications::store {
namespace {

using storage::Audience;
using storage::Sql;

constexpr Sql kKeep{Audience::kTenant,
                    "INSERT INTO notifications_reports (delivery_id, dedupe, tenant_id, kind,"
                    " detail, at, received_at) VALUES (?1, ?2, :tenant, ?3, ?4, ?5, ?6)"
                    " ON CONFLICT DO NOTHING"};

constexpr std::array<const Sql*, 1> kStatements{&kKeep};

base::Status keep(storage::Transaction& tx, const ReportRecord& moment) {
  const std::int64_t at = base::to_micros(moment.at);
  const std::string dedupe = "here:" + moment.kind + ":" + std::to_string(at);
  ASHLAR_TRY(tx.execute(kKeep, {moment.delivery.value, dedupe, moment.kind, moment.detail, at,
                                base::to_micros(moment.received_at)}));
  return base::ok_status();
}

}  // namespace

base::Status keep_deferral(storage::Transaction& tx, const Delivery& waited, base::Time now) {
  return keep(tx, {waited.id, std::string("deferred") + kCodeMark + waited.reason, waited.detail,
                   waited.updated_at, now});
}

base::Status keep_opening(storage::Transaction& tx, DeliveryId id, base::Time now) {
  return keep(tx, {id, "opened", {}, now, now});
}

std::span<const Sql* const> moment_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
