// DocumentPresence: who is present in one document, here and on other instances, and which client
// ids are whose.
//
//   alone ──open() ──> asking ──others answer──> known to each other ──news──>
//     ^                                                 │
//     └──close(): nobody is here any more <─────────────┘
//
// An instance that has visitors of a document says so once (hello); those that have some too answer
// with whoever is present there, and from then on tell one another what changes. An instance that
// nobody has answered says nothing more. One that has fallen silent is given up by whoever listens
// (presence_relay.h), with gone().
//
// Part of LiveDocument; its loop's thread. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "modules/documents/awareness.h"
#include "modules/documents/broadcast.h"
#include "modules/documents/client_claims.h"
#include "modules/documents/presence_packet.h"

namespace ashlar::documents {

class DocumentPresence {
 public:
  static constexpr std::size_t kMaxOthers = 256;

  [[nodiscard]] Awareness& awareness() { return awareness_; }
  [[nodiscard]] const Awareness& awareness() const { return awareness_; }

  [[nodiscard]] ClientClaims& claims() { return claims_; }
  [[nodiscard]] const ClientClaims& claims() const { return claims_; }

  // The first visitor has come; the last one has gone.
  void open();
  void close();
  // Whoever was known is asked for again, and told all: something may have been missed.
  void again();

  // Of all who are present, for a newcomer, as one for all who come until somebody moves; null:
  // nobody.
  const std::shared_ptr<const Broadcast>& states();
  void forget_states() { states_.reset(); }  // its memory

  // What another instance says of this document. Returns what to send to all here; "": nothing.
  // `session`: a number for that instance here, where it has none yet (Awareness::Owner).
  std::string hear(InstanceId from, const PresenceRecord& record, std::uint64_t session,
                   base::Mono now);
  // An instance is no more: who was present there, as removals.
  std::string gone(InstanceId instance);

  // What to tell the others about the document `key`, to the end of `packet`, about `most` bytes.
  [[nodiscard]] bool has_news() const;
  void take_news(std::string_view key, std::size_t most, std::string& packet);

  [[nodiscard]] std::size_t others() const { return others_.size(); }

 private:
  Awareness awareness_;
  ClientClaims claims_;
  std::shared_ptr<const Broadcast> states_;
  std::uint64_t states_version_ = 0;            // that it is of
  std::map<InstanceId, std::uint64_t> others_;  // that have visitors of it; their sessions here
  bool open_ = false;
  bool says_hello_ = false;
  bool answers_ = false;  // so that whoever asked knows of this instance
  bool says_bye_ = false;
};

}  // namespace ashlar::documents
