// Awareness: who is present in one document, and what each shows of himself (name, colour, cursor):
// Yjs' presence, where each client has a clock and a state, a JSON text.
//
// What differs from a client's own: states are stamped with who really sent them, and belong to
// sessions, so that a leaver's presence goes with him.
//
//   absent ──apply: a state──> present (its session, its clock) ──apply: newer──> present
//   present ──apply: null, by its session──> gone                                (clock kept)
//   present ──remove: its session left, no heir; expire: silent for kSilence─> gone
//   gone ──apply: a state, by a later session of its user, or newer──> present   (came again)
//   gone ──expire: kKept later─> absent
//
// Invariants
//  1. A client is one session's. What others say about it changes nothing (providers repeat
//     everything that they hear), unless they are the same user's and newer (another tab): the
//     last of these inherits the client when its session leaves.
//  2. For each client the clocks that are given out never fall, and rise with each new state: a
//     client that came again with an old clock is given out with a new one, else those who have
//     seen him go would not see him come.
//  3. Memory is bounded: kMaxClients, kMaxClientsPerSession, kMaxStateBytes, and kMaxBytes of
//     states and users' names. A state that finds no room among the others is not taken, nothing
//     else changes by it, and it is counted; one that is no longer than the one before always is.
//  4. What is given out is UTF-8 and JSON, always.
//  5. What another instance says of its clients (merge()) is as its sessions' here: a client that
//     is present here already is taken over by the same user's newer word alone, as here. News are
//     of clients of sessions here alone, so that nothing goes round.
//
// Stamp. Of a session that came with a token (`vouched`): in the state's `user` (made where it is
// missing) `id` is the token's user, `name` its name where it has one, and the members of its
// `info`. Of others (API keys, which are programs'): an `id` that is there becomes the key's.
//
// Pure; one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/documents/crdt/ids.h"

namespace ashlar::documents {

class Awareness {
 public:
  static constexpr std::size_t kMaxUpdateBytes = 4 << 20;  // all states, repeated by one client
  static constexpr std::size_t kMaxStateBytes = 16 * 1024;
  static constexpr std::size_t kMaxClients = 65'536;
  static constexpr std::size_t kMaxClientsPerSession = 16;
  static constexpr std::size_t kMaxBytes = 4 << 20;
  static constexpr base::Millis kSilence{35'000};  // providers renew each 15 s
  static constexpr base::Millis kKept{120'000};

  struct Owner {
    std::uint64_t session = 0;  // not 0; who comes later has a higher one
    std::string_view user;
    std::string_view name;
    std::string_view info;  // a JSON object or ""
    bool vouched = false;
  };

  // What a client sent. Returns what to send to all, him too; "": nothing changed. Errors, nothing
  // changed: kInvalid awareness_malformed, awareness_too_large (a state, or too many clients);
  // kForbidden client_id_taken (all of it is about clients of other users, and newer).
  base::Result<std::string> apply(const Owner& owner, std::string_view update, base::Mono now);
  // A session has left: its states as removals, for all; "": none.
  std::string remove(std::uint64_t session);
  // Those silent for long, as removals; "": none. To be called every few seconds.
  std::string expire(base::Mono now);

  [[nodiscard]] std::string states() const;  // all, for a newcomer; "": nobody
  // Another number whenever states() may give something else.
  [[nodiscard]] std::uint64_t version() const { return version_; }
  // How many found no room since it was asked.
  std::uint64_t take_refused() { return std::exchange(refused_, 0); }

  // --- Other instances, whose awareness is stamped already ---------------------------------------
  // What take_news() gave there; `session` stands for that instance here. Returns what to send to
  // all here. A state that is none, or has no room, is left out alone. Error, nothing changed:
  // awareness_malformed.
  base::Result<std::string> merge(std::uint64_t session, std::string_view news, base::Mono now);
  // What changed of clients of sessions here since it was taken, until `most` bytes are there;
  // "": nothing. Clock, state and user of each.
  std::string take_news(std::size_t most);
  void renew_news();  // all who are present here are news again
  [[nodiscard]] bool has_news() const { return has_news_; }

  [[nodiscard]] std::vector<crdt::ClientId> clients_of(std::uint64_t session) const;
  [[nodiscard]] std::size_t present() const { return present_; }

 private:
  struct Entry {
    std::uint64_t session = 0;  // 0: gone
    std::uint64_t heir = 0;
    std::uint64_t heard = 0;   // the client's clock
    std::uint64_t given = 0;   // the clock that is given out
    base::Mono at{};           // of the last word, or of its going
    std::uint64_t newest = 0;  // session when it went: those were there and saw it
    std::string user;
    std::string state;    // JSON; empty: gone
    bool remote = false;  // the session is another instance
    bool news = false;    // not taken yet; of those that are not remote
  };
  struct Change {
    crdt::ClientId client = 0;
    std::uint64_t clock = 0;
    std::string_view state;   // JSON, or "null"
    std::string_view user{};  // where another instance says it
  };
  enum class Verdict : std::uint8_t { kTaken, kOld, kForeign };

  enum class From : std::uint8_t { kHere, kElsewhere };

  static base::Result<std::vector<Change>> read(std::string_view update, From from);
  [[nodiscard]] Verdict judge(const Owner& owner, const Change& change) const;
  [[nodiscard]] bool takes(std::uint64_t session, const Change& change) const;
  void put(const Owner& owner, const Change& change, std::string state, From from, base::Mono now);
  void settle(Entry& entry, const Owner& owner, From from);
  void drop(Entry& entry, base::Mono now);
  void note_news(Entry& entry);
  void forget_gone();
  [[nodiscard]] bool would_fit(const Owner& owner, crdt::ClientId client,
                               std::size_t state_bytes) const;
  bool has_room(const Owner& owner, crdt::ClientId client, std::size_t state_bytes);

  std::map<crdt::ClientId, Entry> clients_;
  std::size_t present_ = 0;
  std::size_t bytes_ = 0;  // of states and users
  std::uint64_t version_ = 0;
  std::uint64_t refused_ = 0;
  bool has_news_ = false;
  crdt::ClientId news_from_ = 0;  // where the last take_news() stopped
  std::uint64_t newest_session_ = 0;
  base::Mono now_{};  // of the last call that told it
};

}  // namespace ashlar::documents
