#include "modules/documents/awareness.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "modules/documents/crdt/lib0.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::documents {
namespace {

using base::Code;
using base::fail;
using json::Value;

constexpr std::string_view kNull = "null";

base::Error malformed() {
  return fail(Code::kInvalid, "awareness_malformed", "This is no awareness update.");
}

base::Error too_large() {
  return fail(Code::kInvalid, "awareness_too_large",
              "A state is too large, or one connection speaks for too many clients.");
}

void set_member(Value::Object& object, std::string_view key, Value value) {
  for (auto& [name, old] : object) {
    if (name != key) continue;
    old = std::move(value);
    return;
  }
  object.emplace_back(key, std::move(value));
}

Value* find_member(Value::Object& object, std::string_view key) {
  for (auto& [name, value] : object) {
    if (name == key) return &value;
  }
  return nullptr;
}

void stamp_user(const Awareness::Owner& owner, Value::Object& user) {
  if (!owner.info.empty()) {
    const base::Result<Value> info = json::parse(owner.info);
    if (info.ok() && info->if_object() != nullptr) {
      for (const auto& [name, value] : *info->if_object()) set_member(user, name, value);
    }
  }
  if (!owner.name.empty()) set_member(user, "name", Value(std::string(owner.name)));
  set_member(user, "id", Value(std::string(owner.user)));
}

// The state as it is given out.
base::Result<std::string> stamped(const Awareness::Owner& owner, std::string_view text) {
  base::Result<Value> state = json::parse(text, {.max_depth = 32, .max_values = 2'000});
  if (!state.ok()) return malformed();
  Value::Object* const members = state->if_object();
  if (members == nullptr) return std::string(text);
  Value* const found = find_member(*members, "user");
  Value::Object* const user = found != nullptr ? found->if_object() : nullptr;
  if (owner.vouched) {
    if (user != nullptr) {
      stamp_user(owner, *user);
    } else {
      Value::Object made;
      stamp_user(owner, made);
      set_member(*members, "user", Value(std::move(made)));
    }
  } else {
    if (user == nullptr || find_member(*user, "id") == nullptr) return std::string(text);
    set_member(*user, "id", Value(std::string(owner.user)));
  }
  return json::to_text(*state);
}

// Entries, one after the other; their number comes before them.
class Out {
 public:
  void add(crdt::ClientId client, std::uint64_t clock, std::string_view state) {
    ++count_;
    crdt::write_varuint(entries_, client);
    crdt::write_varuint(entries_, clock);
    crdt::write_var_bytes(entries_, state);
  }
  void add_user(std::string_view user) { crdt::write_var_bytes(entries_, user); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::string take() const {
    std::string out;
    if (count_ == 0) return out;
    crdt::write_varuint(out, count_);
    return out + entries_;
  }

 private:
  std::uint64_t count_ = 0;
  std::string entries_;
};

}  // namespace

base::Result<std::vector<Awareness::Change>> Awareness::read(std::string_view update, From from) {
  if (update.size() > kMaxUpdateBytes) return too_large();
  crdt::Reader reader(update);
  std::vector<Change> changes;
  for (std::uint64_t left = reader.count(3); left > 0 && reader.ok(); --left) {
    Change change;
    change.client = reader.varuint();
    change.clock = reader.varuint();
    change.state = reader.var_string();
    if (from == From::kElsewhere) change.user = reader.var_string();
    // One below what is exact: a client that came again is given one more.
    if (change.clock >= crdt::kMaxInteger) return malformed();
    changes.push_back(change);
  }
  if (!reader.ok() || !reader.at_end()) return malformed();
  return changes;
}

Awareness::Verdict Awareness::judge(const Owner& owner, const Change& change) const {
  const auto found = clients_.find(change.client);
  const bool removal = change.state == kNull;
  if (found == clients_.end()) return removal ? Verdict::kOld : Verdict::kTaken;
  const Entry& entry = found->second;
  if (entry.session == 0) {
    if (removal) return Verdict::kOld;
    // Of somebody who has left, as a bystander remembers him; or he himself, back again.
    const bool back = entry.user == owner.user && owner.session > entry.newest;
    return back || change.clock > entry.given ? Verdict::kTaken : Verdict::kOld;
  }
  const bool newer = change.clock > entry.heard || (change.clock == entry.heard && removal);
  if (entry.session == owner.session) return newer ? Verdict::kTaken : Verdict::kOld;
  if (change.clock <= entry.given) return Verdict::kOld;
  if (entry.user != owner.user) return Verdict::kForeign;
  return newer ? Verdict::kTaken : Verdict::kOld;
}

base::Result<std::string> Awareness::apply(const Owner& owner, std::string_view update,
                                           base::Mono now) {
  now_ = now;
  newest_session_ = std::max(newest_session_, owner.session);
  ASHLAR_ASSIGN(const std::vector<Change> changes, read(update, From::kHere));
  std::vector<std::pair<const Change*, std::string>> taken;
  bool foreign = false;
  std::size_t added = 0;
  for (const Change& change : changes) {
    const Verdict verdict = judge(owner, change);
    if (verdict == Verdict::kForeign) foreign = true;
    const auto found = clients_.find(change.client);
    if (verdict != Verdict::kTaken) {
      const bool gives_up = change.state == kNull && found != clients_.end();
      if (gives_up && found->second.heir == owner.session) found->second.heir = 0;
      continue;
    }
    std::string state;
    if (change.state != kNull) {
      if (change.state.size() > kMaxStateBytes) return too_large();
      ASHLAR_ASSIGN(state, stamped(owner, change.state));
      const bool comes =
          found == clients_.end() || found->second.session == 0 || found->second.remote;
      if (comes && clients_of(owner.session).size() + ++added > kMaxClientsPerSession) {
        return too_large();
      }
    }
    taken.emplace_back(&change, std::move(state));
  }
  if (taken.empty() && foreign) {
    return fail(Code::kForbidden, "client_id_taken", "Another user has this client id.");
  }
  if (clients_.size() + taken.size() > kMaxClients) forget_gone();
  if (clients_.size() + taken.size() > kMaxClients) return too_large();
  Out out;
  for (auto& [change, state] : taken) {
    if (!has_room(owner, change->client, state.size())) continue;
    put(owner, *change, std::move(state), From::kHere, now);
    const auto found = clients_.find(change->client);
    if (found == clients_.end()) continue;
    const Entry& entry = found->second;
    out.add(change->client, entry.given, entry.state.empty() ? kNull : entry.state);
  }
  return out.take();
}

void Awareness::put(const Owner& owner, const Change& change, std::string state, From from,
                    base::Mono now) {
  Entry& entry = clients_[change.client];
  const bool was_there = entry.session != 0;
  ++version_;
  entry.heard = change.clock;
  if (state.empty()) {
    entry.given = std::max(entry.given, change.clock);
    if (was_there) drop(entry, now);
    return;
  }
  entry.given =
      entry.given == 0 && !was_there ? change.clock : std::max(entry.given + 1, change.clock);
  entry.at = now;
  bytes_ += state.size() - entry.state.size();
  entry.state = std::move(state);
  settle(entry, owner, from);
  if (!was_there) ++present_;
  note_news(entry);
}

// Whose it is from now on.
void Awareness::settle(Entry& entry, const Owner& owner, From from) {
  const bool remote = from == From::kElsewhere;
  if (entry.session == owner.session) return;
  if (entry.session != 0 && !entry.remote && !remote) {
    entry.heir = owner.session;
    return;
  }
  entry.session = owner.session;
  entry.heir = 0;
  entry.remote = remote;
  bytes_ += owner.user.size() - entry.user.size();
  entry.user.assign(owner.user);
}

void Awareness::note_news(Entry& entry) {
  entry.news = !entry.remote;
  has_news_ = has_news_ || entry.news;
}

void Awareness::drop(Entry& entry, base::Mono now) {
  --present_;
  ++version_;
  bytes_ -= entry.state.size();
  entry.session = 0;
  entry.heir = 0;
  entry.newest = newest_session_;
  entry.state.clear();
  entry.state.shrink_to_fit();
  entry.at = now;
  note_news(entry);
}

std::string Awareness::remove(std::uint64_t session) {
  Out out;
  for (auto& [client, entry] : clients_) {
    if (entry.heir == session) entry.heir = 0;
    if (entry.session != session) continue;
    if (entry.heir != 0) {
      entry.session = std::exchange(entry.heir, 0);
      continue;
    }
    // The same clock and null: whoever has the state drops it.
    drop(entry, now_);
    out.add(client, entry.given, kNull);
  }
  return out.take();
}

std::string Awareness::expire(base::Mono now) {
  now_ = now;
  Out out;
  for (auto at = clients_.begin(); at != clients_.end();) {
    Entry& entry = at->second;
    if (entry.session != 0 && now - entry.at > kSilence) {
      drop(entry, now);
      out.add(at->first, entry.given, kNull);
    }
    if (entry.session == 0 && now - entry.at > kKept) {
      bytes_ -= entry.user.size();
      at = clients_.erase(at);
    } else {
      ++at;
    }
  }
  return out.take();
}

void Awareness::forget_gone() {
  std::erase_if(clients_, [this](const auto& client) {
    const Entry& entry = client.second;
    if (entry.session != 0) return false;
    bytes_ -= entry.user.size();
    return true;
  });
}

bool Awareness::would_fit(const Owner& owner, crdt::ClientId client,
                          std::size_t state_bytes) const {
  const auto found = clients_.find(client);
  if (found == clients_.end()) {
    return clients_.size() < kMaxClients && bytes_ + state_bytes + owner.user.size() <= kMaxBytes;
  }
  const Entry& entry = found->second;
  const std::size_t before = entry.state.size() + entry.user.size();
  const std::size_t after = state_bytes + owner.user.size();
  return after <= before || bytes_ - before + after <= kMaxBytes;
}

// Whoever has left makes room first.
bool Awareness::has_room(const Owner& owner, crdt::ClientId client, std::size_t state_bytes) {
  if (state_bytes == 0 || would_fit(owner, client, state_bytes)) return true;
  forget_gone();
  if (would_fit(owner, client, state_bytes)) return true;
  ++refused_;
  return false;
}

std::string Awareness::states() const {
  Out out;
  for (const auto& [client, entry] : clients_) {
    if (entry.session != 0) out.add(client, entry.given, entry.state);
  }
  return out.take();
}

// --- Other instances -----------------------------------------------------------------------------

bool Awareness::takes(std::uint64_t session, const Change& change) const {
  const auto found = clients_.find(change.client);
  const bool removal = change.state == kNull;
  if (found == clients_.end()) return !removal;
  const Entry& entry = found->second;
  if (entry.session == 0) return !removal && change.clock >= entry.heard;
  if (entry.session == session) {
    return change.clock > entry.heard || (change.clock == entry.heard && removal);
  }
  return !removal && entry.user == change.user && change.clock > entry.given;
}

base::Result<std::string> Awareness::merge(std::uint64_t session, std::string_view news,
                                           base::Mono now) {
  now_ = now;
  ASHLAR_ASSIGN(std::vector<Change> changes, read(news, From::kElsewhere));
  std::erase_if(changes, [&](const Change& change) {
    // Stamped: it has grown.
    return !takes(session, change) || change.state.size() > 2 * kMaxStateBytes ||
           !json::parse(change.state, {.max_depth = 32, .max_values = 4'000}).ok();
  });
  Out out;
  for (const Change& change : changes) {
    const Owner owner{.session = session, .user = change.user, .name = {}, .info = {}};
    const std::string_view state = change.state == kNull ? std::string_view() : change.state;
    if (!has_room(owner, change.client, state.size())) continue;
    put(owner, change, std::string(state), From::kElsewhere, now);
    const Entry& entry = clients_[change.client];
    out.add(change.client, entry.given, entry.state.empty() ? kNull : entry.state);
  }
  return out.take();
}

std::string Awareness::take_news(std::size_t most) {
  Out out;
  if (!has_news_) return out.take();
  has_news_ = false;
  const auto take = [&](auto at, const auto end) {
    for (; at != end && !has_news_; ++at) {
      auto& [client, entry] = *at;
      if (!entry.news) continue;
      has_news_ = out.size() >= most;
      news_from_ = client;
      if (has_news_) return;
      entry.news = false;
      out.add(client, entry.given, entry.state.empty() ? kNull : entry.state);
      out.add_user(entry.user);
    }
  };
  const auto from = clients_.lower_bound(news_from_);
  take(from, clients_.end());
  take(clients_.begin(), from);
  return out.take();
}

void Awareness::renew_news() {
  for (auto& [client, entry] : clients_) {
    if (entry.session != 0) note_news(entry);
  }
}

std::vector<crdt::ClientId> Awareness::clients_of(std::uint64_t session) const {
  std::vector<crdt::ClientId> out;
  for (const auto& [client, entry] : clients_) {
    if (entry.session == session) out.push_back(client);
  }
  return out;
}

}  // namespace ashlar::documents
