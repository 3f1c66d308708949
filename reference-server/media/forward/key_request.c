#include "reference-server/media/forward/key_request.h"

static bool send_now(struct key_request *request, int64_t now_us)
{
    request->asked = true;
    request->answered = request->pending = false;
    request->asked_us = now_us;
    return true;
}

static bool interval_over(const struct key_request *request, int64_t now_us)
{
    return !request->asked || now_us - request->asked_us >= KEY_REQUEST_INTERVAL_US;
}

bool key_request_ask(struct key_request *request, bool fresh, int64_t now_us)
{
    if (interval_over(request, now_us) || (fresh && request->answered))
        return send_now(request, now_us);
    request->pending = true;
    return false;
}

bool key_request_due(struct key_request *request, int64_t now_us)
{
    return request->pending && interval_over(request, now_us) && send_now(request, now_us);
}

void key_request_postpone(struct key_request *request)
{
    request->pending = true;
}

void key_request_key_frame(struct key_request *request)
{
    request->answered = true;
    request->pending = false;
}
