// Methods: what a gRPC server answers, by path: "/grpc.health.v1.Health/Check".
//
// Filled before the server is made and not changed afterwards. Handlers run on the loop's thread
// (call.h) and must not wait.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/grpc/call.h"

namespace ashlar::grpc {

using UnaryHandler = std::function<void(UnaryCall call)>;
// Null: refused, and the factory has called stream.finish() itself.
using StreamFactory = std::function<std::unique_ptr<StreamHandler>(MessageStream stream)>;

struct Method {
  std::string path;
  UnaryHandler unary;  // one of the two
  StreamFactory stream;
};

class Methods {
 public:
  // REQUIRES: a path of its own, of the form /package.Service/Method.
  void add_unary(std::string path, UnaryHandler handler);
  void add_stream(std::string path, StreamFactory factory);

  // Null: no such method.
  [[nodiscard]] const Method* find(std::string_view path) const;
  [[nodiscard]] const std::vector<Method>& all() const { return methods_; }

 private:
  std::vector<Method> methods_;  // few: looked through by length and bytes
};

}  // namespace ashlar::grpc
