// The rules of this API for sets of pairs (metadata, evidence): a key that is sent replaces its
// value, an empty value deletes it, an empty text in the place of the set deletes all. The core
// knows the first two; these make the third of them. Pure.
#pragma once

#include <optional>

#include "modules/payments/payment.h"
#include "modules/payments/profile/params.h"

namespace ashlar::payments::profile {

// Of something that is made: what would delete has nothing to delete.
Pairs new_metadata(Params& params);
bool unsets_all(const std::optional<Pairs>& sent);
// What deletes each of them.
Pairs without(const Pairs& all);
// Evidence has names of its own.
void check_evidence(Params& params, const std::optional<Pairs>& evidence);

}  // namespace ashlar::payments::profile
