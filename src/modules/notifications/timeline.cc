#include "modules/notifications/timeline.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "modules/notifications/moments_store.h"

namespace ashlar::notifications {
namespace {

constexpr std::string_view kDeferred = "deferred";

const Delivery* find(const std::vector<Delivery>& deliveries, DeliveryId id) {
  const auto found = std::ranges::find(deliveries, id, &Delivery::id);
  return found == deliveries.end() ? nullptr : &*found;
}

// A report's kind, and its code where it has one.
struct Kind {
  std::string_view name, code;
};
Kind kind_of(const ReportRecord& report) {
  const std::string_view kind = report.kind;
  const std::size_t mark = kind.find(store::kCodeMark);
  if (mark == std::string_view::npos) return {kind, {}};
  return {kind.substr(0, mark), kind.substr(mark + 1)};
}

// Where it was put off before: when that last ended.
Moment beginning_of(const Delivery& d, const std::vector<ReportRecord>& reports) {
  Moment moment{.at = d.created_at, .delivery = d.id, .channel = d.channel};
  for (const ReportRecord& r : reports) {
    if (r.delivery == d.id && kind_of(r).name == kDeferred) moment.at = r.received_at;
  }
  if (d.state == State::kSkipped) {
    moment.event = "skipped";
  } else if (d.state == State::kDeferred) {
    moment.event = kDeferred;
  } else {
    moment.event = d.replay_of.is_set() ? "replayed" : "queued";
    return moment;
  }
  moment.code = d.reason;
  moment.detail = d.detail;
  return moment;
}

// What ended it beside its attempts: expired, the last attempt's failure as the person reads it.
std::optional<Moment> end_of(const Delivery& d) {
  const bool ended =
      d.state == State::kFailed || d.state == State::kExpired || d.state == State::kUnknown;
  if (!ended) return std::nullopt;
  return Moment{.at = d.updated_at,
                .event = std::string(name_of(d.state)),
                .delivery = d.id,
                .channel = d.channel,
                .code = d.reason,
                .detail = d.detail};
}

Moment moment_of(const AttemptRecord& a, const Delivery& d) {
  Moment moment{.at = a.at,
                .event = "attempt." + std::string(name_of(a.verdict)),
                .delivery = d.id,
                .channel = d.channel,
                .provider = a.provider,
                .status = a.status,
                .code = a.code,
                .detail = a.detail};
  if (a.after_unknown) {
    moment.detail += moment.detail.empty() ? "" : " ";
    moment.detail += "An earlier attempt's end is not known: it may have arrived twice.";
  }
  return moment;
}

}  // namespace

std::vector<Moment> timeline_of(const Notification& n, const std::vector<Delivery>& deliveries,
                                const std::vector<AttemptRecord>& attempts,
                                const std::vector<ReportRecord>& reports) {
  std::vector<Moment> moments{{.at = n.created_at, .event = "accepted"}};
  if (n.send_at && *n.send_at > n.created_at) {
    moments.push_back({.at = n.created_at, .event = "scheduled"});
  }
  for (const Delivery& d : deliveries) moments.push_back(beginning_of(d, reports));
  for (const AttemptRecord& a : attempts) {
    if (const Delivery* d = find(deliveries, a.delivery)) moments.push_back(moment_of(a, *d));
  }
  for (const ReportRecord& r : reports) {
    const Delivery* d = find(deliveries, r.delivery);
    if (d == nullptr) continue;
    moments.push_back({.at = r.at,
                       .event = std::string(kind_of(r).name),
                       .delivery = d->id,
                       .channel = d->channel,
                       .code = std::string(kind_of(r).code),
                       .detail = r.detail});
  }
  for (const Delivery& d : deliveries) {
    if (auto end = end_of(d)) moments.push_back(*std::move(end));
  }
  if (n.digested_into.is_set()) {
    moments.push_back(
        {.at = n.updated_at,
         .event = "digested",
         .detail = "Sent as part of notification " + n.digested_into.to_string() + "."});
  } else if (deliveries.empty() && !n.reason.empty()) {
    moments.push_back({.at = n.updated_at, .event = "skipped", .code = n.reason});
  }
  std::ranges::stable_sort(moments, {}, &Moment::at);
  return moments;
}

}  // namespace ashlar::notifications
