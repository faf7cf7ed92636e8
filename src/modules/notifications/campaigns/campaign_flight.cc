#include "modules/notifications/campaigns/campaign_flight.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ashlar::notifications {
namespace {

bool has_arrived(const SendPlan& plan) {
  return plan.state == State::kSent || plan.state == State::kDelivered;
}

}  // namespace

CampaignFlight::CampaignFlight(Start start) : start_(std::move(start)) {
  CHECK(!start_.parts.empty());
  for (Part& part : start_.parts) parts_.push_back({.part = std::move(part), .plan = {}});
}

std::vector<std::size_t> CampaignFlight::wanted() const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!parts_[i].is_open()) continue;
    if (!found.empty() && parts_[i].part.type != parts_[found.front()].part.type) break;
    found.push_back(i);
  }
  return found;
}

ProviderId CampaignFlight::only() const {
  if (repeats()) return start_.provider;
  const std::vector<std::size_t> next = wanted();
  const bool same = launches_ > 0 && !next.empty() && parts_[next.front()].part.type == type_;
  // The rest of a wave that was too large, unless its provider has failed meanwhile.
  return same && std::ranges::find(asked_, provider_) == asked_.end() ? provider_ : ProviderId();
}

bool CampaignFlight::pass_over() {
  for (const std::size_t i : wanted()) parts_[i].passed = true;
  return !wanted().empty();
}

void CampaignFlight::launched(std::span<const std::size_t> parts, ProviderId provider) {
  CHECK(!parts.empty() && unanswered_ == 0);
  const std::string& type = parts_[parts.front()].part.type;
  if (launches_ == 0 || type != type_) {
    type_ = type;
    tries_ = 1;
    asked_.clear();
  } else if (provider != provider_) {
    ++tries_;
  }
  if (start_.in_doubt) doubt_met_ = true;
  provider_ = provider;
  ++launches_;
  for (const std::size_t i : parts) {
    parts_[i].waits = true;
    parts_[i].elsewhere = false;
  }
  unanswered_ = parts.size();
}

bool CampaignFlight::answered(std::size_t part, const SendResult& result, base::Time now,
                              base::Random& random) {
  Asked& one = parts_[part];
  CHECK(one.waits && unanswered_ > 0);
  const bool doubtful = start_.in_doubt && provider_ == start_.provider;
  SendFacts facts;
  facts.channel = start_.channel;
  facts.round = start_.rounds + 1;
  facts.tries = tries_;
  facts.maybe_sent = doubtful;
  facts.now = now;
  facts.since = start_.since;
  facts.expires_at = start_.expires_at;
  one.waits = false;
  one.plan = plan_after(result, facts, random);
  one.maybe = doubtful || result.verdict == Verdict::kAmbiguous;
  one.elsewhere = one.plan->next == SendPlan::Next::kElsewhere;
  if (--unanswered_ > 0) return false;
  judge_wave();
  return true;
}

// Who has one that arrived, or may have, is not worth another provider.
void CampaignFlight::judge_wave() {
  const bool lucky = std::ranges::any_of(
      parts_, [](const Asked& one) { return one.plan && (one.maybe || has_arrived(*one.plan)); });
  bool failed = false;
  for (Asked& one : parts_) {
    if (lucky) one.elsewhere = false;
    failed = failed || one.elsewhere;
  }
  if (failed) asked_.push_back(provider_);
}

void CampaignFlight::give_up(const SendPlan& never_asked) {
  for (const std::size_t i : wanted()) {
    parts_[i].elsewhere = false;
    if (!parts_[i].plan) parts_[i].plan = never_asked;
  }
}

CampaignFlight::Result CampaignFlight::result() const {
  CHECK(unanswered_ == 0 && wanted().empty());
  bool sent = false;
  bool unknown = start_.in_doubt;
  Result result;
  for (const Asked& one : parts_) {
    if (!one.plan) continue;
    const SendPlan& plan = *one.plan;
    sent = sent || has_arrived(plan);
    unknown = unknown || plan.state == State::kUnknown;
    if (plan.state != State::kQueued) {
      result.reason = plan.state == State::kExpired ? "expired" : plan.reason;
      continue;
    }
    // The last that asks for time decides: who asked for less is not hurt.
    result.next_at = result.next_at ? std::max(*result.next_at, *plan.next_at) : *plan.next_at;
    result.maybe_sent = result.maybe_sent || one.maybe;
  }
  if (sent) {
    result.kind = Result::Kind::kSent;
  } else if (result.next_at) {
    result.kind = Result::Kind::kLater;
  } else {
    result.kind = unknown ? Result::Kind::kUnknown : Result::Kind::kFailed;
    if (result.reason.empty()) result.reason = "provider_gone";
  }
  return result;
}

}  // namespace ashlar::notifications
