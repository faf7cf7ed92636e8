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
}

void DocumentPresence::again() {
  if (!open_) return;
  says_hello_ = true;
  awareness_.renew_news();
}

std::string DocumentPresence::hear(InstanceId from, const PresenceRecord& record,
                                   std::uint64_t session, base::Mono now) {
  if (!open_) return {};
  if (record.kind == PresenceKind::kBye) return gone(from);
  const auto known = others_.find(from);
  if (known == others_.end() && others_.size() >= kMaxOthers) return {};
  if (known == others_.end() || record.kind == PresenceKind::kHello) awareness_.renew_news();
  if (known == others_.end()) answers_ = true;
  const std::uint64_t its = known == others_.end() ? session : known->second;
  others_.emplace(from, its);
  if (record.news.empty()) return {};
  // What does not read comes from a program of another version: it will be heard when it is known.
  base::Result<std::string> changed = awareness_.merge(its, record.news, now);
  return changed.ok() ? *std::move(changed) : std::string();
}

std::string DocumentPresence::gone(InstanceId instance) {
  const auto known = others_.find(instance);
  if (known == others_.end()) return {};
  const std::uint64_t session = known->second;
  others_.erase(known);
  return awareness_.remove(session);
}

bool DocumentPresence::has_news() const {
  return says_hello_ || answers_ || says_bye_ || (!others_.empty() && awareness_.has_news());
}

void DocumentPresence::take_news(std::string_view key, std::size_t most, std::string& packet) {
  PresenceRecord record;
  record.kind = std::exchange(says_hello_, false) ? PresenceKind::kHello : PresenceKind::kNews;
  if (std::exchange(says_bye_, false)) record.kind = PresenceKind::kBye;
  answers_ = false;
  const std::string news = open_ ? awareness_.take_news(most) : std::string();
  record.key = key;
  record.news = news;
  append_record(packet, record);
}

}  // namespace ashlar::documents
