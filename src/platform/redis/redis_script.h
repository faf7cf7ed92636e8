// RedisScript: a Lua script and the digest by which a server that has it runs it (EVALSHA).
#pragma once

#include <string>
#include <string_view>

namespace ashlar::redis {

class RedisScript {
 public:
  // `body` outlives the script: a literal.
  explicit RedisScript(std::string_view body);

  [[nodiscard]] std::string_view body() const { return body_; }
  [[nodiscard]] std::string_view sha() const { return sha_; }  // 40 lower-case hex digits

 private:
  std::string_view body_;
  std::string sha_;
};

}  // namespace ashlar::redis
