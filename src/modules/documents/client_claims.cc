#include "modules/documents/client_claims.h"

#include <cstdint>
#include <iterator>

#include "modules/documents/crdt/lib0.h"

namespace ashlar::documents {

void ClientClaims::claim(crdt::ClientId client, std::string_view user) {
  Ours& ours = ours_[client];
  if (ours.user == user) return;
  ours = {.user = std::string(user), .news = told_};
  has_news_ = has_news_ || told_;
}

void ClientClaims::release(crdt::ClientId client) {
  const auto found = ours_.find(client);
  if (found == ours_.end()) return;
  if (!told_) {
    ours_.erase(found);
    return;
  }
  found->second = {.user = {}, .news = true};
  has_news_ = true;
}

bool ClientClaims::is_taken_elsewhere(crdt::ClientId client, std::string_view user) const {
  for (const auto& [instance, users] : theirs_) {
    const auto found = users.find(client);
    if (found != users.end() && found->second != user) return true;
  }
  return false;
}

void ClientClaims::tell_all() {
  told_ = true;
  for (auto& [client, ours] : ours_) ours.news = has_news_ = true;
}

void ClientClaims::tell_nobody() {
  told_ = has_news_ = false;
  std::erase_if(ours_, [](const auto& one) { return one.second.user.empty(); });
}

std::string ClientClaims::take_news(std::size_t most) {
  std::string entries;
  std::uint64_t count = 0;
  bool more = false;
  for (auto at = ours_.lower_bound(news_from_); at != ours_.end() && !more;) {
    auto& [client, ours] = *at;
    if (!ours.news) {
      ++at;
      continue;
    }
    more = entries.size() >= most;
    if (more) {
      news_from_ = client;
      break;
    }
    ++count;
    crdt::write_varuint(entries, client);
    crdt::write_var_bytes(entries, ours.user);
    ours.news = false;
    at = ours.user.empty() ? ours_.erase(at) : std::next(at);
  }
  // What came before where it began is the next one's.
  if (!more) {
    has_news_ = news_from_ != 0;
    news_from_ = 0;
  }
  if (count == 0) return {};
  std::string out;
  crdt::write_varuint(out, count);
  return out + entries;
}

void ClientClaims::hear(InstanceId from, std::string_view news) {
  crdt::Reader reader(news);
  for (std::uint64_t left = reader.count(2); left > 0; --left) {
    const crdt::ClientId client = reader.varuint();
    const std::string_view user = reader.var_string();
    if (!reader.ok()) return;
    const auto known = theirs_.find(from);
    if (user.empty()) {
      if (known != theirs_.end()) their_count_ -= known->second.erase(client);
      continue;
    }
    const bool is_new = known == theirs_.end() || !known->second.contains(client);
    if (is_new && their_count_ >= kMaxTheirs) continue;
    theirs_[from][client] = user;
    their_count_ += is_new ? 1 : 0;
  }
}

void ClientClaims::gone(InstanceId instance) {
  const auto known = theirs_.find(instance);
  if (known == theirs_.end()) return;
  their_count_ -= known->second.size();
  theirs_.erase(known);
}

void ClientClaims::forget_others() {
  theirs_.clear();
  their_count_ = 0;
}

}  // namespace ashlar::documents
