// ClientClaims: which client ids of one document are whose, here and on other instances, so that
// nobody writes in another user's name wherever he is connected.
//
//   free ──claim()──> ours ──release()──> free
//   free ──another instance says so──> theirs ──it says so, or is gone──> free
//
// What others say is late by what a notice takes (presence_relay.h). Two users who take the same
// free id on two instances within that time have it both; where they write the same units, the
// log's first ones count (LiveDocument::clashes_with()). A third one is refused by either.
//
// Bounded: kMaxTheirs of all other instances together; what is beyond is not known here.
//
// Part of DocumentPresence; its loop's thread. Pure; nothing that comes is believed.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "modules/documents/crdt/ids.h"
#include "modules/documents/instance_id.h"

namespace ashlar::documents {

class ClientClaims {
 public:
  static constexpr std::size_t kMaxTheirs = 65'536;

  // A session here goes by it; the last one of them has left.
  void claim(crdt::ClientId client, std::string_view user);
  void release(crdt::ClientId client);

  // Whether another instance has it for another user.
  [[nodiscard]] bool is_taken_elsewhere(crdt::ClientId client, std::string_view user) const;

  // --- What instances tell each other ------------------------------------------------------------
  void tell_all();  // somebody has come who knows nothing
  void tell_nobody();
  [[nodiscard]] bool has_news() const { return has_news_; }
  // Client and user, "" where it is free again; until `most` bytes are there.
  [[nodiscard]] std::string take_news(std::size_t most);
  void hear(InstanceId from, std::string_view news);
  void gone(InstanceId instance);
  void forget_others();

 private:
  struct Ours {
    std::string user;  // "": free again, to be told
    bool news = false;
  };
  using Users = std::map<crdt::ClientId, std::string>;

  std::map<crdt::ClientId, Ours> ours_;
  std::map<InstanceId, Users> theirs_;
  std::size_t their_count_ = 0;
  bool has_news_ = false;
  bool told_ = false;             // others are told; else what is free is forgotten at once
  crdt::ClientId news_from_ = 0;  // where the last take_news() stopped
};

}  // namespace ashlar::documents
