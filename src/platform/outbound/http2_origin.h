// Http2Origin: what Http2Client has of one origin ("https://api.push.apple.com"): its connections,
// and the calls that wait for room on one. Private to the client; its thread's.
//
//   add() ──> waiting ──pump(): room──> a connection's stream ──> end
//                │  ^                        │ certainly not processed, kMaxReplays times
//                │  └────────────────────────┘
//                └── nothing to connect to (refused_until_, http1_until_, the guard) ──> end
//
// A new connection is made, one at a time, while calls wait and all that are up are full.
//
// Invariants
//  1. A call is in waiting_ or its connection's, never both.
//  2. Connections that are closed are destroyed by on_tick(), not within their own functions.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "platform/outbound/host_lookup.h"
#include "platform/outbound/http2_call.h"
#include "platform/outbound/http2_connection.h"
#include "platform/outbound/target.h"

namespace ashlar::outbound {

class TlsClientContext;
struct Http2Metrics;

// What all origins of a client share.
struct Http2Shared {
  const Http2Client::Options& options;
  runtime::EventLoop& loop;
  HostLookup& lookup;
  const TlsClientContext& tls;
  Http2Metrics& metrics;
  base::Random& random;
  // Takes the call's deadline off the list and tells its end.
  std::function<void(Http2Call&)> tell;
  // Runs on the loop, soon, with the origin of that number, if it is there still. Any thread.
  std::function<void(std::uint64_t, std::function<void(class Http2Origin&)>)> on_origin;
};

class Http2Origin final : private Http2Connection::Owner {
 public:
  Http2Origin(Http2Shared& shared, Target target, std::uint64_t number);
  ~Http2Origin();
  Http2Origin(const Http2Origin&) = delete;
  Http2Origin& operator=(const Http2Origin&) = delete;

  void add(std::unique_ptr<Http2Call> call);
  void pump();                   // gives waiting calls to connections, and sees to more of those
  void flush();                  // after pump()
  void expire(Http2Call& call);  // its deadline is over
  void on_tick(base::Mono now);
  void stop();                      // what waits ends; connections leave
  void abort();                     // what is under way ends
  [[nodiscard]] bool idle() const;  // no calls
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  using Addresses = std::vector<SocketAddress>;

  void on_up(Http2Connection& connection) override;
  void on_turn(Http2Connection& connection) override;
  void on_closed(Http2Connection& connection, bool was_up, Http2End end,
                 const std::string& why) override;
  void on_end(Http2Call& call) override;
  void take_back(std::unique_ptr<Http2Call> call) override;

  void pump_soon();
  void fill(Http2Connection& connection);
  void want_connection();
  void on_found(base::Result<Addresses> found);
  void connect();
  void attempt_failed(Http2End end, const std::string& why);
  void end_waiting(Http2End end, const std::string& why);
  [[nodiscard]] bool any_up() const;
  [[nodiscard]] bool may_connect() const;

  Http2Shared& shared_;
  const Target target_;
  const std::string authority_;
  const std::uint64_t number_;

  std::deque<std::unique_ptr<Http2Call>> waiting_;
  std::vector<std::unique_ptr<Http2Connection>> connections_;
  bool looking_up_ = false;
  bool stopping_ = false;
  bool pumping_soon_ = false;
  Addresses addresses_;
  std::size_t next_address_ = 0;
  base::Mono addresses_until_{};
  base::Mono refused_until_{};
  Http2End refused_end_ = Http2End::kUnreachable;
  std::string refused_why_;
  int failures_ = 0;
  base::Mono http1_until_{};
};

}  // namespace ashlar::outbound
