// GrpcClient: a test's own gRPC client: nghttp2 over a blocking socket, any number of calls at
// once. It sees what generated clients hide: trailers, resets, GOAWAY.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/grpc/status.h"
#include "platform/net/testing/tcp_client.h"

struct nghttp2_session;

namespace ashlar::grpc {

// "\0" + length + message
std::string framed(std::string_view message, char compressed = 0);

class GrpcClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  struct Answer {
    std::string http_status;
    std::string content_type;
    std::string grpc_status;  // digits
    std::string grpc_message;
    std::vector<std::string> messages;
    std::uint32_t reset = 0;  // the stream's error code
    bool ended = false;

    [[nodiscard]] bool is(Code code) const {
      return grpc_status == std::to_string(static_cast<int>(code));
    }
  };

  explicit GrpcClient(std::uint16_t port, std::uint32_t window_bytes = 65'535);
  ~GrpcClient();
  GrpcClient(const GrpcClient&) = delete;
  GrpcClient& operator=(const GrpcClient&) = delete;

  // A call with these headers instead of gRPC's usual ones where names are the same; an empty value
  // leaves the header out.
  std::int32_t begin(std::string_view path, const Headers& headers = {}, bool end = false);
  void send(std::int32_t id, std::string_view bytes, bool end);  // as they are: framed() or not
  void reset(std::int32_t id);
  void ping();
  void settings();

  // Sends what is waiting, and reads until `holds`, the connection closes or it takes too long.
  bool wait(const std::function<bool()>& holds, int timeout_ms = net::TcpClient::kTimeoutMs);
  const Answer& wait_for(std::int32_t id);
  void flush();

  Answer call(std::string_view path, std::string_view message, const Headers& headers = {});

  [[nodiscard]] const Answer& answer(std::int32_t id) { return streams_[id].answer; }
  [[nodiscard]] bool closed() const { return socket_.closed(); }
  [[nodiscard]] int goaways() const { return goaways_; }
  [[nodiscard]] std::uint32_t goaway_error() const { return goaway_error_; }
  [[nodiscard]] int pings_answered() const { return pings_answered_; }
  [[nodiscard]] std::uint32_t max_streams() const;
  net::TcpClient& socket() { return socket_; }

 private:
  friend struct GrpcClientFrames;
  struct Stream {
    Answer answer;
    std::string input;  // part of a message
    std::string output;
    bool output_ended = false;
  };

  net::TcpClient socket_;
  nghttp2_session* http2_ = nullptr;
  std::map<std::int32_t, Stream> streams_;
  int goaways_ = 0;
  std::uint32_t goaway_error_ = 0;
  int pings_answered_ = 0;
};

}  // namespace ashlar::grpc
