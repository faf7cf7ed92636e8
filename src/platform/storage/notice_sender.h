// NoticeSender: the name under which this process sends its notices, so that its listener does not
// hear again what was delivered here already.
//
// renew(), after a commit whose outcome is not known: its notices were not delivered here. They
// carry an older name, so where the commit comes about after all the listener lets them through.
// Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace ashlar::storage {

class NoticeSender {
 public:
  // `id`: random, so that no other process has it.
  explicit NoticeSender(std::uint64_t id) : id_(std::to_string(id)) {}

  [[nodiscard]] std::string name() const { return id_ + "." + std::to_string(generation_.load()); }
  void renew() { ++generation_; }

 private:
  const std::string id_;
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace ashlar::storage
