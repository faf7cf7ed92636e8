#include "modules/payments/profile/metadata.h"

#include <algorithm>

#include "modules/payments/profile/objects.h"

namespace ashlar::payments::profile {

Pairs new_metadata(Params& params) {
  Pairs pairs = params.pairs("metadata").value_or(Pairs{});
  std::erase_if(pairs, [](const auto& pair) { return pair.second.empty(); });
  return pairs;
}

bool unsets_all(const std::optional<Pairs>& sent) {
  return sent && sent->size() == 1 && sent->front().first.empty();
}

Pairs without(const Pairs& all) {
  Pairs none;
  for (const auto& [key, value] : all) none.emplace_back(key, "");
  return none;
}

void check_evidence(Params& params, const std::optional<Pairs>& evidence) {
  if (!evidence || unsets_all(evidence)) return;
  for (const auto& [name, value] : *evidence) {
    const auto known = evidence_names();
    if (std::ranges::find(known, name) != known.end()) continue;
    params.fail("parameter_unknown", "evidence/" + name,
                "Received unknown parameter: evidence[" + name + "]");
  }
}

}  // namespace ashlar::payments::profile
