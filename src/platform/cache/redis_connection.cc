#include "platform/cache/redis_connection.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ashlar::cache {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t kMaxReplyBytes = 64 * 1024 * 1024;

base::Error unreachable(std::string detail) {
  return fail(Code::kUnavailable, "cache_unreachable", std::move(detail));
}

RedisReply convert(const redisReply& from) {
  RedisReply to;
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      to.kind = RedisReply::Kind::kInteger;
      to.integer = from.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      to.kind = RedisReply::Kind::kText;
      to.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ERROR:
      to.kind = RedisReply::Kind::kError;
      to.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ARRAY:
      to.kind = RedisReply::Kind::kList;
      for (std::size_t i = 0; i < from.elements; ++i) to.items.push_back(convert(*from.element[i]));
      break;
    default:
      break;
  }
  return to;
}

}  // namespace

base::Result<RedisAddress> parse_redis_url(std::string_view url) {
  ASHLAR_ASSIGN(RedisAddress address, redis::parse_redis_url(url));
  if (address.cluster) return fail(Code::kInvalid, "wrong_redis_url", "must begin with redis://");
  return address;
}

struct RedisConnection::Impl {
  redisContext* context = nullptr;
  const base::Clock& clock;

  explicit Impl(const base::Clock& clk) : clock(clk) {}
  ~Impl() {
    if (context != nullptr) redisFree(context);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  base::Status await(short events, base::Mono deadline) const {
    for (;;) {
      const auto left = std::chrono::ceil<base::Millis>(deadline - clock.mono());
      if (left.count() <= 0) {
        return fail(Code::kDeadline, "cache_deadline", "Redis did not answer in time");
      }
      pollfd waiting{context->fd, events, 0};
      const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
      if (ready > 0) return base::ok_status();
      if (ready < 0 && errno != EINTR) return unreachable(std::strerror(errno));
    }
  }

  base::Status send(base::Mono deadline) const {
    for (;;) {
      int done = 0;
      if (redisBufferWrite(context, &done) != REDIS_OK) return unreachable(context->errstr);
      if (done != 0) return base::ok_status();
      ASHLAR_TRY(await(POLLOUT, deadline));
    }
  }

  base::Result<RedisReply> receive(base::Mono deadline) const {
    for (;;) {
      void* raw = nullptr;
      if (redisGetReplyFromReader(context, &raw) != REDIS_OK) return unreachable(context->errstr);
      if (raw != nullptr) {
        RedisReply reply = convert(*static_cast<redisReply*>(raw));
        freeReplyObject(raw);
        return reply;
      }
      if (context->reader->len > kMaxReplyBytes) return unreachable("an answer is too long");
      ASHLAR_TRY(await(POLLIN, deadline));
      if (redisBufferRead(context) != REDIS_OK) return unreachable(context->errstr);
    }
  }
};

RedisConnection::RedisConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RedisConnection::~RedisConnection() = default;

base::Result<std::vector<RedisReply>> RedisConnection::run(std::span<const Command> commands,
                                                           base::Mono deadline) {
  for (const Command& command : commands) {
    std::vector<const char*> words;
    std::vector<std::size_t> lengths;
    for (const std::string_view word : command) {
      words.push_back(word.data() == nullptr ? "" : word.data());
      lengths.push_back(word.size());
    }
    if (redisAppendCommandArgv(impl_->context, static_cast<int>(words.size()), words.data(),
                               lengths.data()) != REDIS_OK) {
      return unreachable(impl_->context->errstr);
    }
  }
  ASHLAR_TRY(impl_->send(deadline));
  std::vector<RedisReply> replies;
  replies.reserve(commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    ASHLAR_ASSIGN(RedisReply reply, impl_->receive(deadline));
    replies.push_back(std::move(reply));
  }
  return replies;
}

base::Result<std::unique_ptr<RedisConnection>> RedisConnection::open(const RedisAddress& address,
                                                                     const base::Clock& clock,
                                                                     base::Mono deadline) {
  auto impl = std::make_unique<Impl>(clock);
  impl->context = redisConnectNonBlock(address.host.c_str(), address.port);
  if (impl->context == nullptr) return unreachable("out of memory");
  if (impl->context->err != 0) return unreachable(impl->context->errstr);
  ASHLAR_TRY(impl->await(POLLOUT, deadline));
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(impl->context->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return unreachable(std::strerror(error));
  std::unique_ptr<RedisConnection> connection(new RedisConnection(std::move(impl)));
  std::vector<Command> hello;
  if (!address.password.empty()) {
    hello.push_back({"AUTH"});
    if (!address.user.empty()) hello.back().push_back(address.user);
    hello.back().push_back(address.password);
  }
  const std::string database = std::to_string(address.database);
  if (address.database != 0) hello.push_back({"SELECT", database});
  if (hello.empty()) return connection;
  ASHLAR_ASSIGN(const std::vector<RedisReply> replies, connection->run(hello, deadline));
  for (const RedisReply& reply : replies) {
    if (reply.is_error()) return unreachable(reply.text);
  }
  return connection;
}

}  // namespace ashlar::cache
