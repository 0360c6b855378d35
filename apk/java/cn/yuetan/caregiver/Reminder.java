package cn.yuetan.caregiver;

import android.app.Notification;
import android.app.NotificationChannel;
import android.app.NotificationManager;
import android.app.PendingIntent;
import android.content.BroadcastReceiver;
import android.content.Context;
import android.content.Intent;
import android.os.Build;

/** Shows a reminder whose time has come, also when the app is closed. A press opens the app. It names nobody. */
public class Reminder extends BroadcastReceiver {
    private static final String CHANNEL = "yuetan";

    @Override
    public void onReceive(Context context, Intent intent) {
        NotificationManager manager =
            (NotificationManager) context.getSystemService(Context.NOTIFICATION_SERVICE);
        Notification.Builder builder;
        if (Build.VERSION.SDK_INT >= 26) {
            manager.createNotificationChannel(
                new NotificationChannel(CHANNEL, "月探 Yuetan", NotificationManager.IMPORTANCE_HIGH));
            builder = new Notification.Builder(context, CHANNEL);
        } else {
            builder = new Notification.Builder(context);
        }
        Intent opens = context.getPackageManager().getLaunchIntentForPackage(context.getPackageName());
        builder.setContentTitle(intent.getStringExtra("title"))
            .setContentText(intent.getStringExtra("text"))
            .setSmallIcon(context.getApplicationInfo().icon)
            .setAutoCancel(true)
            .setContentIntent(PendingIntent.getActivity(context, 0, opens, PendingIntent.FLAG_IMMUTABLE));
        manager.notify(intent.getStringExtra("key"), 0, builder.build());
    }
}
