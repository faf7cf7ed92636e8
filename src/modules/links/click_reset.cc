#include "modules/links/click_reset.h"

#include "modules/links/analytics/analytics_store.h"
#include "modules/links/analytics/subject.h"
#include "modules/links/clicks_store.h"
#include "platform/storage/database.h"

namespace ashlar::links {

base::Result<std::int64_t> reset_clicks(storage::Transaction& tx, LinkId link) {
  ASHLAR_ASSIGN(const std::int64_t clicks, store::total_clicks(tx, link));
  ASHLAR_TRY(store::forget_clicks(tx, link));
  ASHLAR_TRY(analytics::store::forget_rollups(tx, analytics::Subject::link(link).key));
  return clicks;
}

}  // namespace ashlar::links
