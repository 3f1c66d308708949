/* The functions behind the methods, one per method; the list that joins them is method_list.c. */
#ifndef CASELOAD_SERVER_METHOD_LIST_H
#define CASELOAD_SERVER_METHOD_LIST_H

#include "reference-server/live/method.h"

/* caller_methods.c */
method_fn method_enter, method_space_leave, method_space_get, method_chat_send;
/* staff_methods.c */
method_fn method_authenticate, method_dashboard_subscribe, method_dashboard_unsubscribe,
    method_call_join, method_call_leave, method_call_hold, method_call_end, method_card_note,
    method_card_update, method_card_remove, method_transfer_targets, method_card_transfer;
/* room_methods.c */
method_fn method_room_list, method_room_watch, method_room_unwatch, method_room_join,
    method_room_leave, method_room_admit, method_room_admit_all, method_room_end;
/* media_methods.c */
method_fn method_media_offer;

#endif
