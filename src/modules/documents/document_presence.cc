#include "modules/documents/document_presence.h"

#include <utility>

namespace ashlar::documents {

void DocumentPresence::open() {
  open_ = true;
  says_bye_ = false;
  again();
}

void DocumentPresence::close() {
  open_ = false;
  says_hello_ = answers_ = false;
  says_bye_ = !others_.empty();
  for (const auto& [instance, session] : others_) awareness_.remove(session);
  others_.clear();
  claims_.forget_others();
  claims_.tell_nobody();
}

void DocumentPresence::again() {
  if (!open_) return;
  says_hello_ = true;
  awareness_.renew_news();
  if (!others_.empty()) claims_.tell_all();
}

const std::shared_ptr<const Broadcast>& DocumentPresence::states() {
  if (states_ && states_version_ == awareness_.version()) return states_;
  states_version_ = awareness_.version();
  std::string all = awareness_.states();
  states_ = all.empty() ? nullptr : std::make_shared<const Broadcast>(std::move(all));
  return states_;
}

std::string DocumentPresence::hear(InstanceId from, const PresenceRecord& record,
                                   std::uint64_t session, base::Mono now) {
  if (!open_) return {};
  if (record.kind == PresenceKind::kBye) return gone(from);
  const auto known = others_.find(from);
  if (known == others_.end() && others_.size() >= kMaxOthers) return {};
  if (known == others_.end() || record.kind == PresenceKind::kHello) {
    awareness_.renew_news();
    claims_.tell_all();
  }
  if (known == others_.end()) answers_ = true;
  const std::uint64_t its = known == others_.end() ? session : known->second;
  others_.emplace(from, its);
  if (record.news.empty()) return {};
  if (record.kind == PresenceKind::kClaims) {
    claims_.hear(from, record.news);
    return {};
  }
  // What does not read comes from a program of another version: it will be heard when it is known.
  base::Result<std::string> changed = awareness_.merge(its, record.news, now);
  return changed.ok() ? *std::move(changed) : std::string();
}

std::string DocumentPresence::gone(InstanceId instance) {
  const auto known = others_.find(instance);
  if (known == others_.end()) return {};
  const std::uint64_t session = known->second;
  others_.erase(known);
  claims_.gone(instance);
  if (others_.empty()) claims_.tell_nobody();
  return awareness_.remove(session);
}

bool DocumentPresence::has_news() const {
  return says_hello_ || answers_ || says_bye_ ||
         (!others_.empty() && (awareness_.has_news() || claims_.has_news()));
}

void DocumentPresence::take_news(std::string_view key, std::size_t most, std::string& packet) {
  PresenceRecord record;
  record.kind = std::exchange(says_hello_, false) ? PresenceKind::kHello : PresenceKind::kNews;
  if (std::exchange(says_bye_, false)) record.kind = PresenceKind::kBye;
  const bool answers = std::exchange(answers_, false);
  const std::string news = open_ ? awareness_.take_news(most) : std::string();
  record.key = key;
  record.news = news;
  if (answers || !news.empty() || record.kind != PresenceKind::kNews) append_record(packet, record);
  if (!open_ || others_.empty() || news.size() >= most) return;
  const std::string claims = claims_.take_news(most - news.size());
  if (claims.empty()) return;
  append_record(packet, {.kind = PresenceKind::kClaims, .key = key, .news = claims});
}

}  // namespace ashlar::documents
