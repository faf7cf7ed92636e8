#include "modules/limits/rls_call.h"

#include <algorithm>

#include "modules/limits/rls_service.h"

namespace ashlar::limits {

void RlsRequest::clear() {
  domain = {};
  hits_addend = 0;
  descriptors.clear();
  entries.clear();
}

void RlsResponse::clear() {
  overall_code = RlsCode::kUnknown;
  statuses.clear();
  headers.clear();
  metadata.clear();
}

void RlsCall::clear() {
  request.clear();
  response.clear();
  status = {};
  asks.clear();
  outcomes.clear();
  allowed = false;
  keeps.reset();
  tree_.reset();
  keys_.clear();
  for (Descriptor& each : descriptors_) each.overridden.reset();
}

const Limit* RlsCall::Descriptor::limit() const {
  if (overridden) return overridden.get();
  return match.rule == nullptr || replaced ? nullptr : match.rule->limit.get();
}

bool RlsCall::Descriptor::replaces(const Descriptor& other) const {
  return other.match.rule != nullptr && !other.match.rule->name.empty() &&
         std::ranges::find(match.rule->replaces, other.match.rule->name) !=
             match.rule->replaces.end();
}

void RlsCall::on_decided() {
  service_->answer(*this);
  on_answered();
}

}  // namespace ashlar::limits
