// Peer: one visitor of one document, as the document sees him. A wire (y-websocket, Hocuspocus)
// implements it for each of its sessions; the document calls it.
//
// Everything is the document's loop's thread. A wire whose socket lives on another loop posts; what
// it may keep across is said beside each call. A Peer lives from join() to leave() or on_end().
// A Peer may call its document, leave() included, inside any of these calls; it must not destroy
// another Peer there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "platform/security/principal.h"

namespace ashlar::documents {

class Broadcast;
class BroadcastRun;

// In order: who may do one may do those before it.
enum class Access : std::uint8_t { kNone, kRead, kComment, kWrite };

// Who comes, as his key or token proved at the door. Presence is stamped with it.
struct Visitor {
  base::TenantId tenant;
  std::string user;  // "alice", the token's subject; "key:42" who came with an API key
  std::string name;  // that others see; may be empty
  std::string info;  // of the token: a JSON object for presence (colour, picture); may be empty
  Access access = Access::kNone;           // what he may do
  Access cap = Access::kNone;              // what key or token allow; grants may lower it
  std::int64_t token = 0;                  // its number, for revocations; 0: an API key
  security::KeyId key{};                   // not set: a token, or the administrator
  base::Time expires = base::Time::max();  // of key or token
  std::string_view wire;                   // static: "y-websocket", "hocuspocus"
};

using SessionId = base::StrongId<struct DocumentSessionTag>;  // unique in this process

// A wire's own number for something that it pushed and wants to hear of again.
using Ticket = std::uint64_t;

enum class EndReason : std::uint8_t {
  kExpired,     // the token's time is over; a new one may be had
  kKeyExpired,  // the API key's time is over
  kRevoked,     // the token was revoked, or access is gone: do not come back with it
  kKicked,      // shown out by hand: may come back
  kDeleted,     // the document is no more
  kReload,    // memory and disk differ (a write failed), or the document moves: come again and sync
  kStopping,  // the program ends: come again
};

class Peer {
 public:
  virtual ~Peer() = default;

  // What others changed, durable. `own`: it is this peer's (for wires that echo). Keep the pointer.
  virtual void on_update(const std::shared_ptr<const Broadcast>& update, bool own) = 0;
  // Presence that changed, this peer's own too.
  virtual void on_awareness(const std::shared_ptr<const Broadcast>& awareness) = 0;
  // Several of both, none of the updates this peer's: in its place may come on_update() and
  // on_awareness() for each part.
  virtual void on_run(const std::shared_ptr<const BroadcastRun>& run) = 0;
  // The answer to sync(): an update, V1. May come within the call, else once all of it is durable;
  // on_update() may come before.
  virtual void on_sync(std::string update) = 0;
  // Of each push() that returned kWaiting exactly one of the two, in the order of the pushes.
  virtual void on_stored(Ticket ticket) = 0;
  virtual void on_refused(Ticket ticket, const base::Error& why) = 0;
  // What this peer may do from now on; never kNone (that is on_end).
  virtual void on_access(Access access) = 0;
  // It has left already; the last call. Tickets that wait get no answer.
  virtual void on_end(EndReason reason) = 0;
};

}  // namespace ashlar::documents
