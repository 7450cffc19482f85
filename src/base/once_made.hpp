// Something that is made of an object when it is first asked for, and kept with it for all threads.
#pragma once

#include <memory>
#include <mutex>

namespace psdl {

// A copy of the object makes its own.
template <class T>
class OnceMade {
 public:
  OnceMade() = default;
  OnceMade(const OnceMade&) {}
  OnceMade& operator=(const OnceMade&) {
    made_.reset();
    return *this;
  }

  // `make` gives a shared_ptr and is called once.
  template <class Make>
  [[nodiscard]] std::shared_ptr<const T> get(Make&& make) const {
    const std::lock_guard lock(mutex_);
    if (made_ == nullptr) made_ = make();
    return made_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const T> made_;
};

}  // namespace psdl
