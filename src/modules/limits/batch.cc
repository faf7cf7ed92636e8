#include "modules/limits/batch.h"

#include "base/check.h"

namespace ashlar::limits {

void judge(Batch& batch) {
  CHECK(batch.outcomes.size() == batch.asks.size());
  bool refused = false;
  std::size_t quotas = 0;
  std::size_t quotas_over = 0;
  for (std::size_t i = 0; i < batch.asks.size(); ++i) {
    const Ask& ask = batch.asks[i];
    const LimitSpec& spec = ask.limit->spec();
    const bool counts = ask.action == Action::kTake || ask.action == Action::kPeek;
    const bool over = counts && !spec.shadow && batch.outcomes[i].over();
    if (spec.quota_mode) {
      ++quotas;
      if (over) ++quotas_over;
    } else {
      refused = refused || over;
    }
  }
  batch.allowed = !refused && (quotas == 0 || quotas_over < quotas);
}

}  // namespace ashlar::limits
