#include "platform/grpc/methods.h"

#include <utility>

#include "base/check.h"

namespace ashlar::grpc {
namespace {

bool is_path(std::string_view path) {
  const std::size_t slash = path.find('/', 1);
  return path.starts_with('/') && slash != std::string_view::npos && slash > 1 &&
         slash + 1 < path.size() && path.find('/', slash + 1) == std::string_view::npos;
}

}  // namespace

void Methods::add_unary(std::string path, UnaryHandler handler) {
  CHECK(is_path(path) && find(path) == nullptr && handler);
  methods_.push_back({std::move(path), std::move(handler), nullptr});
}

void Methods::add_stream(std::string path, StreamFactory factory) {
  CHECK(is_path(path) && find(path) == nullptr && factory);
  methods_.push_back({std::move(path), nullptr, std::move(factory)});
}

const Method* Methods::find(std::string_view path) const {
  for (const Method& method : methods_) {
    if (method.path == path) return &method;
  }
  return nullptr;
}

}  // namespace ashlar::grpc
