#include "proto/msrp/session.hpp"

#include <algorithm>

#include "base/expect.hpp"
#include "base/text.hpp"
#include "proto/msrp/writer.hpp"

namespace msrp {
namespace {

constexpr std::size_t report_id_length = 16;

void count_response(SessionCounters::Direction& direction, std::uint16_t status) {
  ++(status < 400   ? direction.responses_2xx
     : status < 500 ? direction.responses_4xx
                    : direction.responses_5xx);
}

void count_request(SessionCounters::Direction& direction, std::string_view name) {
  ++(name == method::send     ? direction.sends
     : name == method::report ? direction.reports
                              : direction.other_requests);
}

}  // namespace

Session::Session(SessionOptions options, base::Random& random)
    : options_(std::move(options)),
      random_(random),
      local_text_(to_string(options_.local)),
      parser_(options_.parser),
      sender_(options_.sender, random_, events_, counters_),
      receiver_(options_.receiver, events_, counters_) {
  set_remote(options_.remote);
}

void Session::set_remote(Path remote) {
  options_.remote = std::move(remote);
  sender_.set_paths(to_string(options_.remote), local_text_);
}

void Session::on_connected() {
  if (!options_.active || state_ == State::failed || state_ == State::closed) return;
  if (!sender_.has_queued()) sender_.keep_alive();
  bind();
}

void Session::bind() {
  if (state_ != State::idle) return;
  state_ = State::bound;
  events_.push_back(Bound{});
}

void Session::on_closed() {
  if (state_ == State::closed) return;
  sender_.fail_all("connection closed");
  receiver_.close();
  state_ = State::closed;
}

void Session::fail_session(std::uint16_t status, std::string_view why) {
  if (state_ == State::failed || state_ == State::closed) return;
  state_ = State::failed;
  sender_.fail_all("session failed");
  receiver_.close();
  events_.push_back(SessionFailed{status, std::string(why)});
}

bool Session::on_bytes(std::string_view in) {
  if (state_ == State::failed || state_ == State::closed) return false;
  counters_.received.octets += in.size();
  std::size_t consumed = 0;
  if (carry_.empty()) {
    const bool good = consume(in, consumed);
    if (good) carry_.append(in.substr(consumed));
    return good;
  }
  carry_.append(in);
  const bool good = consume(carry_.view(), consumed);
  carry_.consume(consumed);
  if (carry_.empty() || !good) carry_.release();
  return good;
}

bool Session::consume(std::string_view in, std::size_t& consumed) {
  for (;;) {
    const auto step = parser_.step(in.substr(consumed));
    if (!step) {  // where the next message would begin is not known any more
      fail_session(0, to_string(step.error().code));
      return false;
    }
    if (step->needs_more()) return true;
    consumed += step->consumed;
    on_event(step->event);
    if (state_ == State::failed) return false;
  }
}

void Session::on_event(const Event& event) {
  if (const auto* start = std::get_if<Start>(&event)) {
    head_.start(*start);
    head_done_ = false;
  } else if (const auto* field = std::get_if<Field>(&event)) {
    head_.add(*field);
  } else if (std::holds_alternative<BodyStart>(event)) {
    on_head(true);
  } else if (const auto* body = std::get_if<Body>(&event)) {
    if (!keeping_) return;
    if (const auto status = receiver_.content(body->octets)) respond(status);
  } else if (const auto* end = std::get_if<End>(&event)) {
    if (!head_done_) on_head(false);
    on_end(end->flag);
  }
}

// Everything about a request that can be told from its head; errors are answered at once, so that a sender
// can interrupt a long body (RFC 4975 7.2, 7.3).
void Session::on_head(bool has_body) {
  head_done_ = true;
  responded_ = false;
  keeping_ = false;
  reply_to_.clear();
  if (!head_.is_request()) return count_response(counters_.received, head_.status);
  count_request(counters_.received, head_.method);

  auto status = check_request();
  if (status == 0) bind();
  if (status == 0 && head_.method != method::send && head_.method != method::report) status = 501;
  if (status == 0 && head_.method == method::send && has_body) {
    status = receiver_.begin(head_);
    keeping_ = status == 0;
  }
  if (status != 0) respond(status);
}

// RFC 4975 7.3: exactly one URI in To-Path, and it must be ours.
std::uint16_t Session::check_request() {
  const auto to = head_.to_path();
  const auto from = head_.from_path();
  if (from) {
    auto path = head_.value(field::from_path);
    // A SEND is answered to the previous hop, everything else all the way back (RFC 4975 7.2).
    reply_to_ = head_.method == method::send ? base::take_until(path, ' ') : path;
  }
  if (!to || !from) return 400;
  if (to->size() != 1 || !addressed_to_us(*to)) return 481;
  return bound_elsewhere_ ? 506 : 0;
}

bool Session::addressed_to_us(const Path& to) const {
  switch (options_.match) {
    case UriMatch::rfc4975:
      return same_uri(to.front(), options_.local);
    case UriMatch::session_id:
      return same_session(to.front(), options_.local);
  }
  return false;
}

void Session::on_end(char flag) {
  if (!head_.is_request()) {
    if (const auto status = sender_.on_response(head_)) fail_session(status, phrase(status));
  } else if (head_.method == method::report) {
    if (responded_) return;  // refused, though a REPORT is never answered
    if (const auto status = sender_.on_report(head_)) fail_session(status, "the peer reports lost octets");
  } else if (keeping_) {
    auto ended = receiver_.end(flag);
    respond(ended.status);
    if (ended.report) report(*ended.report);
  } else if (!responded_) {
    respond(200);
  }
  keeping_ = false;
}

// RFC 4975 7.1.4, 7.2: what is sent depends on the request's Failure-Report; a REPORT is never answered.
void Session::respond(std::uint16_t status) {
  keeping_ = false;
  if (responded_) return;
  responded_ = true;
  if (reply_to_.empty() || head_.method == method::report) return;
  if (head_.method == method::send) {
    const auto wanted = head_.failure_report();
    if (wanted == FailureReport::no || (wanted == FailureReport::partial && status < 300)) return;
  }
  print_status_line(control_, head_.transaction_id, status);
  print_field(control_, field::to_path, reply_to_);
  print_field(control_, field::from_path, local_text_);
  print_end_line(control_, head_.transaction_id, '$', false);
  count_response(counters_.sent, status);
  check_control();
}

void Session::report(const ReportRequest& request) {
  const auto id = base::random_token(random_, report_id_length);
  print_request_line(control_, id, method::report);
  print_field(control_, field::to_path, request.to_path);
  print_field(control_, field::from_path, local_text_);
  print_field(control_, field::message_id, request.message_id);
  print_field(control_, field::byte_range, to_string(request.range));
  print_field(control_, field::status, to_string(request.status));
  print_end_line(control_, id, '$', false);
  ++counters_.sent.reports;
  check_control();
}

void Session::check_control() {
  if (control_.size() > options_.control_limit) fail_session(0, "the peer does not read its responses");
}

bool Session::congested() const noexcept {
  return control_.size() > options_.control_high;
}

void Session::on_time(base::Time now) {
  sender_.on_time(now);
}
base::Time Session::deadline() const {
  return sender_.deadline();
}

Result<OutgoingId> Session::send(OutgoingMessage message) {
  if (state_ == State::failed || state_ == State::closed) return fail(Errc::missing_field);
  return sender_.send(std::move(message));
}

void Session::abort(OutgoingId id) {
  sender_.abort(id);
}
std::optional<SendProgress> Session::progress(OutgoingId id) const {
  return sender_.progress(id);
}

void Session::keep_alive() {
  if (state_ == State::bound) sender_.keep_alive();
}

void Session::reject(IncomingId id, std::uint16_t status) {
  base::expect(status >= 400 && status <= 999);
  if (const auto now = receiver_.reject(id, status)) respond(now);
}

bool Session::report_failure(IncomingId id, std::uint16_t status, std::string_view comment) {
  base::expect(status >= 400 && status <= 999);
  if (state_ != State::bound) return false;
  const auto request = receiver_.failure_report(id, status, comment);
  if (request) report(*request);
  return request.has_value();
}

// A chunk on its way is finished or interrupted first, then responses and REPORTs, then the next chunk.
std::size_t Session::produce(base::Buffer& out, std::size_t room, base::Time now) {
  if (state_ == State::closed) return 0;
  const auto begin = out.size();
  const auto used = [&] { return out.size() - begin; };
  for (auto before = begin - 1; used() < room && before != out.size();) {
    before = out.size();
    if (!control_.empty() && !sender_.in_chunk()) {
      const auto octets = std::min(control_.size(), room - used());
      out.append(control_.view().substr(0, octets));
      control_.consume(octets);
      if (control_.empty()) control_.release();
      continue;
    }
    if (state_ == State::bound || sender_.in_chunk())
      sender_.produce(out, room - used(), !control_.empty() || state_ != State::bound, now);
  }
  counters_.sent.octets += used();
  return used();
}

bool Session::has_output() const {
  if (state_ == State::closed) return false;
  return !control_.empty() || sender_.in_chunk() || (state_ == State::bound && sender_.has_output());
}

std::optional<SessionEvent> Session::take_event() {
  if (events_.empty()) return std::nullopt;
  auto event = std::move(events_.front());
  events_.pop_front();
  return event;
}

}  // namespace msrp
