// Document: one document in memory and everybody who has it open. An actor: it lives on one loop
// and only that loop's thread touches it, so nothing here takes a lock.
//
//   push ──> applied to memory ──> batch (open) ──flush──> batch (in flight) ──> log writer
//                                     ^ what comes meanwhile                         │ durable
//   on_update to the others, on_stored to the sender  <──────── on the loop again ───┘
//
// Invariants
//  1. Nobody is told of a change, and no change is acknowledged, before it is durable.
//  2. One batch is in flight at a time. Batches are written in the order in which they were
//     applied; seq() counts updates.
//  3. Broadcasts come in the order of the log, the same for every peer; presence behind the updates
//     that came before it, so that no cursor stands in a text that nobody has yet.
//  4. A write that fails ends every peer with kReload: memory is ahead of the disk then, so this
//     object is dropped and the next who comes reads the log.
//  5. A peer without write access changes nothing: what he pushes is refused, unless all of it is
//     there already.
//  6. While a client id is in use by a session of one user, no session of another user adds to what
//     that client wrote; on other instances from when they have heard of it (client_claims.h).
//  7. What waits for the disk is bounded (kMaxWaitingBytes): beyond it push() refuses.
//
// The wires see this face alone (its twin in their tests is a document without a log);
// live_document.h is what stands behind it. While it has peers it stays in memory. After
// on_end(kReload) the same name opens as another object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/documents/crdt/update.h"
#include "modules/documents/peer.h"

namespace ashlar::runtime {
class EventLoop;
}

namespace ashlar::documents {

enum class Pushed : std::uint8_t {
  kWaiting,     // on_stored() or on_refused() will say
  kNothingNew,  // all of it was there and is durable: acknowledge now
};

class Document {
 public:
  virtual ~Document() = default;

  // kTooMany document_full (sessions) and those of document_quotas.h; kForbidden access_denied
  // (Access::kNone).
  virtual base::Result<SessionId> join(Peer& peer, Visitor visitor) = 0;
  // His presence goes; others hear of it. Idempotent.
  virtual void leave(Peer& peer) = 0;
  // With a fresh token (Hocuspocus authenticates again while connected). Of the same user, else
  // he is ended with kRevoked. on_access() where it differs.
  virtual void renew(Peer& peer, Visitor visitor) = 0;

  // What somebody lacks who has `have`: by on_sync().
  virtual void sync(Peer& peer, const crdt::StateVector& have) = 0;
  // To ask a newcomer with.
  [[nodiscard]] virtual crdt::StateVector state_vector() const = 0;

  // Errors, nothing changed: kForbidden access_read_only, client_id_taken; kTooMany
  // document_busy (invariant 7), document_too_large; those of crdt::Doc::apply().
  virtual base::Result<Pushed> push(Peer& peer, std::string_view update, Ticket ticket) = 0;

  // Presence, as a client sends it: applied, stamped, sent to all; what the document has no room
  // for is left out (awareness.h). Errors: kInvalid
  // awareness_malformed, awareness_too_large; kForbidden client_id_taken.
  virtual base::Status awareness(Peer& peer, std::string_view update) = 0;
  // Of all who are present, for a newcomer; null: nobody.
  [[nodiscard]] virtual std::shared_ptr<const Broadcast> awareness_states() = 0;

  [[nodiscard]] virtual Access access_of(const Peer& peer) const = 0;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual runtime::EventLoop& loop() const = 0;
};

}  // namespace ashlar::documents
