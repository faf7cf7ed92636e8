// HocuspocusSocket: one connection of Hocuspocus' protocol, with a visit for each document that its
// client opens. It lives on a loop of its own choice; documents live on theirs.
//
// A visit, as the socket sees it:
//   (none) ──a frame of that key──> kUnknown ──auth──> kAdmitting ──admitted──> kOpening
//   kOpening ──joined──> kJoined ──auth: again──> kJoined, renewed
//   any ──denied, forget, the client's close──> (none)
//
// Providers do not wait for the answer to their auth message: what comes before a visit is joined
// waits, bounded by kMaxWaitingBytes for the whole connection.
//
// Invariants
//  1. Everything is the socket's loop's thread.
//  2. A visit's number is its own: answers for one that is gone are not taken for the next one of
//     that key.
//  3. The door is asked one question at a time for each visit, whatever its client sends.
//  4. kMaxAdmissions questions of one socket are before the door at a time, those included whose
//     visit its client has closed meanwhile: beyond, nothing more is read of it until some have
//     their answer.
//  5. A connection on which nobody was admitted within kAuthTime is closed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/documents/peer.h"
#include "modules/documents/unacknowledged.h"
#include "modules/documents/wire_close.h"
#include "platform/http/web_socket.h"

namespace ashlar::documents {

class DocumentHost;
class HocuspocusVisit;
struct HocuspocusFrame;

class HocuspocusSocket final : public http::WebSocketReader,
                               public std::enable_shared_from_this<HocuspocusSocket> {
 public:
  static constexpr std::size_t kMaxWaitingBytes = 1 << 20;
  static constexpr std::size_t kMaxWaitingFrames = 1'000;
  static constexpr std::size_t kMaxAdmissions = 32;
  static constexpr base::Millis kAuthTime{15'000};
  static constexpr std::size_t kMaxTokenBytes = 8 << 10;  // kept; what is longer is none

  // `credential`: of the URL, for providers without a token; may be empty.
  HocuspocusSocket(DocumentHost& host, std::string credential, std::size_t max_documents);
  ~HocuspocusSocket() override;

  // http::WebSocketReader
  void on_open(const std::shared_ptr<http::WebSocket>& socket) override;
  void on_message(http::MessageKind kind, std::string_view data) override;
  void on_close(std::uint16_t code) override;

  // For visits.
  void send_frames(const std::shared_ptr<const std::string>& frames, std::size_t count);
  void send_frames_now(const std::shared_ptr<const std::string>& frames, std::size_t count);
  void joined(const std::string& key, std::uint64_t number);
  void forget(const std::string& key, std::uint64_t number);
  void give_back(const std::string& key, std::uint64_t number, std::size_t bytes);
  void close(const WireClose& with);

 private:
  enum class State : std::uint8_t { kUnknown, kAdmitting, kOpening, kJoined };
  struct Slot {
    std::uint64_t number = 0;
    State state = State::kUnknown;
    bool renewing = false;                  // kJoined: the door is asked about another token
    std::optional<std::string> next_token;  // that came meanwhile; the last one
    runtime::EventLoop* loop = nullptr;
    std::shared_ptr<HocuspocusVisit> visit;
    std::vector<std::string> waiting;  // frames, whole
    std::size_t waiting_bytes = 0;
    std::size_t unacknowledged = 0;
  };
  using Slots = std::map<std::string, Slot, std::less<>>;

  Slot* slot_for(const HocuspocusFrame& frame);
  void authenticate(const std::string& key, Slot& slot, std::string_view token);
  void admitted(const std::string& key, std::uint64_t number, base::Result<Visitor> visitor);
  void renewed(const std::string& key, std::uint64_t number);
  void open(const std::string& key, Slot& slot, const Visitor& visitor);
  void keep(Slot& slot, std::string_view data);
  void pass_on(Slot& slot, const HocuspocusFrame& frame);
  void erase(Slots::iterator at);
  void let_wait();
  void send(std::string_view bytes);
  [[nodiscard]] Slot* find(const std::string& key, std::uint64_t number);

  DocumentHost& host_;
  const std::string credential_;
  const std::size_t max_documents_;
  std::shared_ptr<http::WebSocket> socket_;  // null: before on_open(), after on_close()
  Slots slots_;
  std::uint64_t last_number_ = 0;
  std::size_t waiting_bytes_ = 0;
  std::size_t waiting_frames_ = 0;
  std::size_t admissions_ = 0;  // that have no answer yet
  bool admitted_ = false;
  bool held_ = false;
  Unacknowledged unacknowledged_;
};

}  // namespace ashlar::documents
