"""A question for a price, a fine or a number of days is answered by nothing that states none."""

from types import SimpleNamespace

import pytest

from retrieval.asked import states_what_is_asked


@pytest.mark.parametrize(
    ("question", "states", "does_not"),
    [
        ("今年最低工资标准是多少", "本市最低工资每月二千三百元。", "低于当地最低工资标准的，按照标准计算。"),
        ("剪一次头发多少钱", "每次二十块，洗剪吹都在内。", "每次半小时，洗剪吹都在内。"),
        ("堵楼道罚多少", "处警告或者五百元以下罚款。", "疏散通道应当保持畅通。"),
        ("垃圾不分类会罚款吗", "拒不改正的，处二百元以下罚款。", "生活垃圾应当分类投放。"),
        ("高温津贴多少钱", "每人每天十二元。", "高温津贴由用人单位发给。"),
        ("放多少盐", "盐两克。", "糖两克。"),
        ("加班费怎么算", "支付不低于工资的百分之一百五十。", "应当按照规定支付加班费。"),
        ("安排残疾人要占百分之几", "不低于在职职工总数的百分之一点五。", "应当按照规定安排残疾人。"),
        ("丢了包裹赔几倍", "最高不超过收取费用的三倍。", "按照保价规则赔偿。"),
        ("酒驾扣几分", "一次记十二分。", "处暂扣驾驶证，并处罚款。"),
        ("投诉打什么电话", "拨打 12315。", "可以打电话投诉。"),
        ("孩子能玩多久", "每天不超过一小时。", "应当保证充足的时间。"),
        ("血压多久量一次", "早上起床后量一回，晚上睡前量一回。", "两次取平均，记在本子上。"),
        ("活字印刷是谁发明的", "北宋毕昇发明了活字。", "活字一个个排在铁板上，创建一版要半天。"),
        ("这个计划是谁提出的", "提出这个计划的容闳是香山人。", "他提出要求，当天就办。"),
        ("红楼梦是谁写的", "《红楼梦》是曹雪芹的作品。", "《红楼梦》有一百二十回。"),
        ("who invented the wheel", "The inventor of the wheel is not known.", "The wheel turns on an axle."),
        ("一碗云吞有多少热量", "一碗约 300 千卡。", "一碗十只，皮薄馅多。"),
        ("虾煮太久会怎样", "煮久了肉会老。", "1. 水开下虾。2. 煮三分钟捞起，避免烫手。"),
        ("盐放多了怎么补救", "盐太多，加半碗水。", "多放两片姜，盐两克。"),
        ("这首歌是谁写的", "由冼星海作曲。", "这首歌要站着唱。"),
        ("肥施多了会怎样", "肥多会烧根。", "水多少看天。"),
        ("盐放多了怎么办", "太咸就加半碗水。", "盐两克，最后放。"),
        ("剩饭放久了还能吃吗", "剩饭在冰箱里最多放两天。", "剩饭炒蛋，加葱花。"),
        ("水放少了怎么办", "水不够会夹生。", "水两杯，米一杯。"),
        ("虾煮多久", "煮三分钟。", "煮到变红。"),
        ("吃太多会怎样", "饭后散步半小时。", None),  # asked of no deed with things
        ("被辞退赔多少钱", "每满一年付一个月的工资。", None),
        ("摩托车几年报废", "使用十三年的强制报废。", "应当在报废期满的 2 个月前通知，每年检验一次。"),
        ("快递丢了赔多少", "按照保价规则赔偿。", None),  # a rule answers as well as a figure
        ("工资被拖欠怎么办", "向劳动监察投诉。", None),
    ],
)
def test_what_kind_of_thing_is_asked_has_to_be_stated(question, states, does_not):
    def told(text):
        return states_what_is_asked(question, [SimpleNamespace(passage=SimpleNamespace(text=text))])

    assert told(states)
    assert does_not is None or not told(does_not)
