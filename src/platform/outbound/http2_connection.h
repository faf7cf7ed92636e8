// Http2Connection: one connection of an origin (http2_origin.h): socket, TLS, HTTP/2 session.
//
//   kConnecting ──on_ready()──> kShaking ──ALPN h2──> kGreeting ──SETTINGS──> kUp ──GOAWAY, idle,
//        │       (no TLS: kGreeting)  │                   │                    │   leave()──>
//        kLeaving └────────────────────────────┴── error, ALPN is not h2, connect_timeout ──>
//        kClosed <──┤
//                                                              kUp, kLeaving: error, silence ───┘
//                                                              kLeaving: no stream is left
//
// One turn: read ──> session ──> Owner::on_turn() (new streams) ──> one write.
//
// Invariants
//  1. A call is its stream's from begin() until the stream is closed, also when its end was told
//     before: the session refers to its fields and body.
//  2. first_byte of a call is where its HEADERS begin in the bytes of this connection, so it has
//     begun when more bytes than that were offered to the socket.
//  3. After kClosed no function of Owner is called, and no call is left.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"
#include "platform/outbound/http2_call.h"
#include "platform/runtime/event_loop.h"

struct nghttp2_session;

namespace ashlar::outbound {

struct SocketAddress;
class TlsClient;

class Http2Connection final : public runtime::Watcher {
 public:
  class Owner {
   public:
    virtual void on_up(Http2Connection& connection) = 0;
    virtual void on_turn(Http2Connection& connection) = 0;  // there may be room
    // `end`: kUnreachable or kHttp1Only where it never was up.
    virtual void on_closed(Http2Connection& connection, bool was_up, Http2End end,
                           const std::string& why) = 0;
    virtual void on_end(Http2Call& call) = 0;  // its result is set; not for calls already told
    virtual void take_back(std::unique_ptr<Http2Call> call) = 0;  // certainly not processed

   protected:
    ~Owner() = default;
  };

  Http2Connection(const Http2Client::Options& options, runtime::EventLoop& loop, Owner& owner,
                  std::string authority, std::unique_ptr<TlsClient> tls);
  ~Http2Connection() override;
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  void connect(const SocketAddress& address);  // on_closed() may follow within
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool pending() const { return state_ < State::kUp; }
  [[nodiscard]] bool leaving() const { return state_ == State::kLeaving; }
  [[nodiscard]] bool closed() const { return state_ == State::kClosed; }
  [[nodiscard]] bool idle() const { return streams_.empty(); }

  void begin(std::unique_ptr<Http2Call> call);  // REQUIRES: has_room(). flush() follows.
  void flush();
  // Tells its end as far as it is known here; the stream is reset.
  void cancel(Http2Call& call, Http2End end, std::string detail);
  void leave();  // no new streams; closes when the last one has ended
  void close(Http2End end, const std::string& why);
  void on_tick(base::Mono now);

  void on_ready(Ready ready) override;

 private:
  friend struct Http2Callbacks;
  enum class State : std::uint8_t { kConnecting, kShaking, kGreeting, kUp, kLeaving, kClosed };

  void on_connected();
  void greet();
  void read();
  void take(std::string_view bytes);
  void take_plain(std::string_view bytes);
  void fill();
  bool write_out();
  void continue_soon();
  void on_settings();
  void on_stream_closed(std::int32_t stream, std::uint32_t error);
  void finish(Http2Call& call, Http2End end, std::string detail);
  [[nodiscard]] bool has_begun(const Http2Call& call) const;

  const Http2Client::Options& options_;
  runtime::EventLoop& loop_;
  Owner& owner_;
  const std::string authority_;
  const std::string_view scheme_;
  std::unique_ptr<TlsClient> tls_;  // null: cleartext
  nghttp2_session* session_ = nullptr;
  State state_ = State::kConnecting;
  int fd_ = -1;
  bool in_session_ = false;  // within the session's callbacks: close() waits for their end
  Http2End close_end_ = Http2End::kBroken;
  std::string close_why_;  // not empty: to be closed

  std::unordered_map<std::int32_t, std::unique_ptr<Http2Call>> streams_;
  std::uint64_t made_bytes_ = 0;     // by the session
  std::uint64_t offered_bytes_ = 0;  // of those, to the socket
  std::string plain_;                // scratch: what TLS carried, or is to carry
  std::string wire_;                 // not taken by the socket yet
  std::size_t written_ = 0;          // of wire_

  base::Mono until_{};  // of connecting
  base::Mono heard_{};
  base::Mono last_stream_{};              // when one was begun or ended last
  base::Mono asked_ = base::Mono::max();  // PING is not answered since; max(): none
  std::shared_ptr<Http2Connection*> self_;
};

}  // namespace ashlar::outbound
