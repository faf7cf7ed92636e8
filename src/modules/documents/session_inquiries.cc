#include "modules/documents/session_inquiries.h"

#include <algorithm>
#include <iterator>

namespace ashlar::documents {

std::optional<std::uint64_t> SessionInquiries::ask(const Wanted& wanted, Done done) {
  if (open_.size() >= kMaxOpen) return std::nullopt;
  Inquiry& inquiry = open_[++last_];
  for (const InstanceId instance : wanted.of) inquiry.asked[instance];
  inquiry.and_others = wanted.and_others;
  inquiry.until = wanted.until;
  inquiry.done = std::move(done);
  return last_;
}

void SessionInquiries::hear(InstanceId from, SessionAnswer answer) {
  const auto at = open_.find(answer.number);
  if (at == open_.end()) return;
  Inquiry& inquiry = at->second;
  Asked& asked = inquiry.asked[from];
  if (asked.done || answer.part != asked.parts) return;
  ++asked.parts;
  Report& report = inquiry.report;
  report.ended = report.ended || answer.ended;
  report.truncated = report.truncated || answer.truncated;
  for (SessionView& session : answer.sessions) {
    if (report.sessions.size() >= kMaxSessions) {
      report.truncated = true;
      break;
    }
    report.sessions.emplace_back(from, std::move(session));
  }
  asked.done = answer.last;
  if (is_complete(inquiry)) finish(at);
}

void SessionInquiries::gone(InstanceId instance) {
  for (auto at = open_.begin(); at != open_.end();) {
    Inquiry& inquiry = at->second;
    const bool was_asked = inquiry.asked.erase(instance) > 0;
    std::erase_if(inquiry.report.sessions,
                  [instance](const auto& one) { return one.first == instance; });
    at = was_asked && is_complete(inquiry) ? finish(at) : std::next(at);
  }
}

void SessionInquiries::expire(base::Mono now) {
  for (auto at = open_.begin(); at != open_.end();) {
    at = at->second.until <= now ? finish(at) : std::next(at);
  }
}

bool SessionInquiries::is_complete(const Inquiry& inquiry) {
  return !inquiry.and_others && std::all_of(inquiry.asked.begin(), inquiry.asked.end(),
                                            [](const auto& one) { return one.second.done; });
}

// It is no more when Done is called, which may ask anew.
SessionInquiries::Open::iterator SessionInquiries::finish(Open::iterator at) {
  Inquiry inquiry = std::move(at->second);
  const auto next = open_.erase(at);
  for (const auto& [instance, asked] : inquiry.asked) {
    (asked.done ? inquiry.report.answered : inquiry.report.missing).push_back(instance);
  }
  inquiry.done(std::move(inquiry.report));
  return next;
}

}  // namespace ashlar::documents
